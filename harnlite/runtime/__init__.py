"""The services a script works with while it runs, and whose open work the lifecycle asks about at the end.

``event_log/`` keeps records, in memory or in the SQLite file that outlives the run. ``triggers/`` brings events to
handlers; ``inbox.py`` and ``worker_queue*.py`` say which events still wait, ``queued_triggers.py`` lists them and
``queue_worker.py`` works them off. ``workers.py``, ``worker_*.py`` and ``agent_*.py`` are subagents and their loop,
``pools.py`` and ``pool_*.py`` pools of tasks, ``llm_*.py`` the language-model calls with the mock provider,
``mutation_session.py`` says on whose behalf code runs.

Services hang on the VM (``vm.service(EventLogService)``, ``TriggerService``, ``Pools``, ``Workers`` ...).
Each registers its builtins beside it.
"""
