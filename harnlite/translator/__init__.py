"""harnlite.translator."""
