"""harnlite.runtime."""
