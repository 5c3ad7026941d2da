"""harnlite.vm."""
