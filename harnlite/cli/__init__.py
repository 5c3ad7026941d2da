"""harnlite.cli."""
