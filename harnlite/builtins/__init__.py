"""harnlite.builtins."""
