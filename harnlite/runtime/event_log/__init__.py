"""The event log: named topics of numbered, hash-chained records.

``port.py`` says what a log can do and what a record is; ``memory.py`` and ``sqlite.py`` are the two adapters, tested
by one contract suite. ``canonical.py`` and ``provenance.py`` give the text and the hash of a record,
``configuration.py`` decides which log a run gets, ``service.py`` is the run's access to it, ``builtins.py`` the
script's, ``inspection.py`` what the command line shows.

Enter at :class:`~harnlite.runtime.event_log.service.EventLogService`.
"""
