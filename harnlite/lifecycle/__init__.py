"""What happens when a pipeline finishes: callback, hooks, unsettled work, hand-offs, audits.

A run that succeeds does not simply end. Its value goes through *finish*: the callback registered with
``pipeline_on_finish`` is taken, one *snapshot* of the work that is still open is built from the five buckets
(suspended subagents, queued triggers, partial handoffs, language-model calls in flight, pending pool tasks), hooks
see both, and the callback may inspect, hand over, acknowledge or drain that work through a *harness* before it
decides the final value. Everything decided on the way is an *audit* entry.

``state.py`` is what one VM remembers, ``snapshot.py`` what is unsettled, ``hooks.py`` who listens, ``harness.py``
what scripts hold in their hands, ``settlement.py`` the drain loop, ``finish.py`` the order of it all; start there.
``accounting.py`` tells which open work somebody decided on, ``run_end.py`` and ``handoff_records.py`` keep a run's end
and its handoffs in the event log, ``run_story.py`` reads them back (docs/lifecycle-additions.md).
"""
