"""TOML (docs/reference/builtins.md 12.2)."""

from __future__ import annotations

import datetime
import math
import re

from harnlite.builtins.registry import builtin
from harnlite.values.display import display, display_float_digits, type_name
from harnlite.values.errors import thrown
from harnlite.values.types import HarnSet, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SPECIAL: Final = re.compile(r'["\\\x00-\x1f\x7f]')
#: What cannot stand in a string that escapes nothing, on one line or on several.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LINES_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_DATE_KEY: Final = "$__toml_private_datetime"
#: What the reference calls a value that cannot stand at the top.
_ROOT_NAMES: Final = {"int": "i64", "float": "f64", "string": "str", "list": "array", "nil": "unit"}
_DEEPEST: Final = 200


@builtin("toml_parse(text?: any) -> dict", area="toml", loose=True)
def toml_parse(_vm: Vm, text: Any = "") -> dict[str, Any]:
    """The dict that a TOML document describes."""
    import tomllib

    source = display(text)
    try:
        value: dict[str, Any] = _converted(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        raise thrown(f"TOML parse error: {_located(source, str(error))}") from None
    except (RecursionError, OverflowError, ValueError):
        raise thrown("TOML parse error: document is nested too deeply or holds a number out of range") from None
    return value


def _located(source: str, message: str) -> str:
    """A message with its place and the line it is about."""
    found = _PLACE.search(message)
    lines = source.replace("\r\n", "\n").split("\n")
    line, column = len(lines), len(lines[-1]) + 1
    if found is not None:
        message = message[: found.start()]
        if found[1]:
            line, column = int(found[1]), int(found[2])
    shown = lines[line - 1] if line <= len(lines) else ""
    margin = " " * len(str(line))
    reason = message[:1].lower() + message[1:]
    return (
        f"TOML parse error at line {line}, column {column}\n"
        f"{margin} |\n{line} | {shown}\n{margin} | {' ' * (column - 1)}^\n{reason}\n"
    )


def _converted(value: Any) -> Any:
    """What the parser of the standard library gives, in values of the language."""
    if isinstance(value, dict):
        return {key: _converted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_converted(inner) for inner in value]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return {_DATE_KEY: value.isoformat().replace("+00:00", "Z")}
    if type(value) is int and not -(1 << 63) <= value < 1 << 63:
        raise OverflowError
    return value


@builtin("toml_stringify(value?: any) -> string", area="toml", loose=True)
def toml_stringify(_vm: Vm, value: Any = None) -> str:
    """A dict as a TOML document."""
    fields = value.fields if type(value) is StructValue else value
    if type(fields) is not dict:
        kind = type_name(value)
        raise thrown(f"toml_stringify: unsupported {_ROOT_NAMES.get(kind, kind)} type")
    lines: list[str] = []
    _write_table(fields, [], lines)
    return "\n".join(lines) + "\n" if lines else ""


def _table(value: Any) -> dict[str, Any] | None:
    if type(value) is dict and _DATE_KEY not in value:
        return value
    return value.fields if type(value) is StructValue else None


def _tables(value: Any) -> list[dict[str, Any]] | None:
    """The tables of an array that holds nothing else; None for anything else."""
    if type(value) is not list or not value:
        return None
    found = [_table(item) for item in value]
    tables = [table for table in found if table is not None]
    return tables if len(tables) == len(value) else None


def _write_table(table: dict[str, Any], path: list[str], lines: list[str]) -> None:
    """The plain keys of a table, then its tables with their headers."""
    if len(path) > _DEEPEST:
        raise thrown("toml_stringify: value is nested too deeply")
    inner: list[tuple[str, Any]] = []
    for key in sorted(table):
        value = table[key]
        if _table(value) is not None or _tables(value) is not None:
            inner.append((key, value))
        else:
            lines.append(f"{_key(key)} = {_inline(value, 0)}")
    for key, value in inner:
        here = [*path, _key(key)]
        tables = _tables(value)
        for row in tables or ():
            _write_header(f"[[{'.'.join(here)}]]", lines)
            _write_table(row, here, lines)
        fields = _table(value)
        if fields is not None:
            only_tables = fields and all(_table(x) is not None or _tables(x) is not None for x in fields.values())
            if not only_tables:
                _write_header(f"[{'.'.join(here)}]", lines)
            _write_table(fields, here, lines)


def _write_header(header: str, lines: list[str]) -> None:
    if lines:
        lines.append("")
    lines.append(header)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _plain(key) or _escaped(key)


def _plain(text: str) -> str | None:
    """The text between quotes of one kind, where it needs no escapes on one line."""
    if _CONTROL.search(text):
        return None
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else None


def _string(text: str) -> str:
    """The first form that needs no escapes: on one line, on several lines; else escaped."""
    plain = _plain(text)
    if plain is None and "\n" in text and not _LINES_CONTROL.search(text):
        if '"""' not in text and "\\" not in text and not text.endswith('"'):
            return f'"""\n{text}"""'
        if "'''" not in text and not text.endswith("'"):
            return f"'''\n{text}'''"
    return plain or _escaped(text)


def _escaped(text: str) -> str:
    return '"' + _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}", text) + '"'


def _inline(value: Any, depth: int) -> str:
    if depth > _DEEPEST:
        raise thrown("toml_stringify: value is nested too deeply")
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return repr(value)
    if kind is float:
        return _float(value)
    if value is None:
        raise thrown("toml_stringify: unsupported unit type")
    if kind is list or kind is HarnSet:
        items = value if kind is list else list(value.members.values())
        return f"[{', '.join(_inline(item, depth + 1) for item in items)}]"
    if kind is dict and _DATE_KEY in value:
        return display(value[_DATE_KEY])
    fields = _table(value)
    if fields is not None:
        inner = ", ".join(f"{_key(key)} = {_inline(fields[key], depth + 1)}" for key in sorted(fields))
        return f"{{ {inner} }}" if inner else "{}"
    return _string(display(value))


def _float(number: float) -> str:
    if not math.isfinite(number):
        return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
    text = display_float_digits(number)
    return text if "." in text else f"{text}.0"
