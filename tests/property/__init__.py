"""Properties that hold for generated programs."""
