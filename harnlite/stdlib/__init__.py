"""harnlite.stdlib."""
