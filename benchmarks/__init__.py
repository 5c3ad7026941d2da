"""The measuring instrument: ``python -m benchmarks`` (docs/benchmarks.md tells what each row means).

``programs.py`` times whole programs on both tiers against the same program written by hand in Python, every round in
fresh processes, interleaved. ``growth.py``, ``startup.py``, ``front_end.py``, ``host_calls.py`` and ``services.py``
measure one thing each. ``targets.py`` holds the figures to reach, ``report.py`` and ``chart.py`` show the results,
``compare.py`` runs two checkouts against each other. Absolute times are noise: ratios in one run are what counts.
"""
