"""harnlite.testing."""
