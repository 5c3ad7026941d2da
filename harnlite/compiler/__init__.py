"""harnlite.compiler."""
