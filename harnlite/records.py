"""``NamedTuple`` for modules that a cached run needs: to type checkers it is ``typing.NamedTuple``.

At run time it does without ``typing``, which takes as long to import as everything else that a short cached run does
after Python's own start. For the same reason such modules set ``TYPE_CHECKING`` themselves, as type checkers allow.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple
else:

    class _NamedTupleMaker(type):
        """Makes the class of an annotated body a named tuple, its annotations being the fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            for key, value in body.items():
                if key not in fields and key not in ("__module__", "__qualname__", "__annotations__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_NamedTupleMaker):
        """As ``typing.NamedTuple`` in its class form; fields with defaults come last."""


__all__ = ["NamedTuple"]
