"""Triggers: bindings from events to handlers, and what happens when an event fires one.

``binding.py`` is a binding and how a script's registration becomes one, ``envelope.py`` the event as handlers see it,
``dispatch.py`` the life of one event at one binding, ``handlers.py`` and ``variants.py`` the kinds of handlers,
``context.py`` which handler is running, ``records.py`` what is written to the event log, ``dead_letters.py`` what could
not be handled. ``service.py`` keeps the bindings of a VM; enter there, at
:class:`~harnlite.runtime.triggers.service.TriggerService`. ``builtins.py`` is the script's side.
Implements docs/reference/runtime.md 2.
"""
