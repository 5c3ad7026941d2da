"""harnlite.lifecycle."""
