"""harnlite.syntax."""
