"""UUIDs (docs/reference/builtins.md 13)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from harnlite.vm.machine import Vm


def _parsed(text: str) -> UUID | None:
    """A UUID in any usual spelling: with or without hyphens, in braces, as ``urn:uuid:``."""
    import uuid as module

    digits = text.removeprefix("urn:uuid:")
    if digits.startswith("{") and digits.endswith("}"):
        digits = digits[1:-1]
    compact = digits.replace("-", "")
    hyphens = [index for index, character in enumerate(digits) if character == "-"]
    if len(compact) != 32 or hyphens not in ([], [8, 13, 18, 23]) or not compact.isascii() or not compact.isalnum():
        return None
    try:
        return module.UUID(compact)
    except ValueError:
        return None


@builtin("uuid() -> string", area="ids", loose=True)
def uuid(vm: Vm) -> str:
    """A random UUID, version 4."""
    return vm.host.uuid4()


@builtin("uuid_v7() -> string", area="ids", loose=True)
def uuid_v7(vm: Vm) -> str:
    """A UUID that sorts by time, version 7."""
    return vm.host.uuid7()


@builtin("uuid_v5(namespace?: any, name?: any) -> string", area="ids", loose=True)
def uuid_v5(_vm: Vm, namespace: Any = "", name: Any = "") -> str:
    """The UUID of a name in a namespace: a UUID, or ``dns``, ``url``, ``oid``, ``x500``."""
    import uuid as module

    known = {
        "dns": module.NAMESPACE_DNS,
        "url": module.NAMESPACE_URL,
        "oid": module.NAMESPACE_OID,
        "x500": module.NAMESPACE_X500,
    }
    text = display(namespace)
    space = known.get(text.lower()) or _parsed(text)
    if space is None:
        raise runtime_error("uuid_v5: namespace must be a UUID or one of dns/url/oid/x500")
    return str(module.uuid5(space, display(name).encode("utf-8", "replace").decode("utf-8")))


@builtin("uuid_nil() -> string", area="ids", loose=True)
def uuid_nil(_vm: Vm) -> str:
    """The UUID of all zeros."""
    return "00000000-0000-0000-0000-000000000000"


@builtin("uuid_parse(text?: any) -> string | nil", area="ids", loose=True)
def uuid_parse(_vm: Vm, text: Any = "") -> str | None:
    """A UUID in its usual spelling, or nil for what is none."""
    found = _parsed(display(text))
    return str(found) if found else None
