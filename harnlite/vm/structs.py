"""Making instances of structs, for both tiers."""

from __future__ import annotations

from harnlite.values.types import Closure, StructType, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["make_struct", "struct_constructor"]


def make_struct(type_: StructType, entries: dict[str, Any]) -> StructValue:
    """An instance with the entries that are fields of the type."""
    return StructValue(type_, {name: value for name, value in entries.items() if name in type_.fields})


class _ConstructorCode:
    """What a struct's constructor shows as its code."""

    __slots__ = ("name",)
    parameter_names = ("__fields",)
    kind = "function"
    generator = ""

    def __init__(self, name: str) -> None:
        self.name = name


def struct_constructor(type_: StructType) -> Closure:
    """The function value that a struct's name is: one dict in, an instance out."""

    def construct(_depth: int, entries: Any) -> StructValue:
        return make_struct(type_, entries if type(entries) is dict else {})

    return Closure(_ConstructorCode(type_.name), (), None, construct, 1)
