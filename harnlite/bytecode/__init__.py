"""harnlite.bytecode."""
