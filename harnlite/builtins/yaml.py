"""YAML with the core types of version 1.2 (docs/reference/builtins.md 12.2)."""

from __future__ import annotations

import math
import re

from harnlite.builtins.limits import extra
from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import thrown
from harnlite.values.json_text import float_text_short
from harnlite.values.types import HarnSet, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

    _Entry = tuple[tuple[str, Any], bool, str, str]

_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|[-+]?0x[0-9a-fA-F]+|[-+]?0o[0-7]+|[-+]?0b[01]+", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_DIGITS: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    # The result must be sayable in JSON, where there are no such numbers.
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"), None),
}
_TAG: Final = "tag:yaml.org,2002:"
#: Aliases may repeat a small text into a huge value; nobody means to.
_MOST_NODES: Final = 2_000_000


def resolved(text: str) -> Any:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first in "-+.0123456789":
        if len(text) < 4000 and _INT.fullmatch(text):
            number = int(text, 0) if text.lstrip("-+")[:2] in ("0x", "0o", "0b") else int(text)
            return number if -(1 << 63) <= number < 1 << 63 else float(text) if _DIGITS.fullmatch(text) else text
        if _FLOAT.fullmatch(text):
            real = float(text)
            return real if math.isfinite(real) else None
    return text


class _Builder:
    """Builds a value from the parser's events; its own stack, because documents may be nested deeply."""

    def __init__(self) -> None:
        self.result: Any = None
        self.anchors: dict[str, tuple[Any, int]] = {}
        #: Open containers: the container, the key that waits for its value, the anchor, the size so far.
        self.stack: list[tuple[Any, list[str], str | None, list[int]]] = []
        self.documents = 0

    def add(self, value: Any, size: int) -> None:
        if not self.stack:
            self.result = value
            return
        container, keys, _, total = self.stack[-1]
        total[0] += size
        if total[0] > _MOST_NODES:
            raise thrown("YAML parse error: repetition limit exceeded")
        if type(container) is list:
            container.append(value)
        elif not keys:
            keys.append(display(value))
        else:
            key = keys.pop()
            if key in container:
                raise thrown(f'YAML parse error: duplicate entry with key "{key}"')
            container[key] = value

    def open(self, container: Any, anchor: str | None) -> None:
        self.stack.append((container, [], anchor, [1]))

    def close(self) -> None:
        container, _, anchor, total = self.stack.pop()
        if anchor is not None:
            self.anchors[anchor] = (container, total[0])
        self.add(container, total[0])


def _scalar(value: str, tag: str | None, plain: bool) -> Any:
    if tag is None:
        return resolved(value) if plain else value
    if tag in (_TAG + "int", _TAG + "float", _TAG + "bool", _TAG + "null"):
        return resolved(value)
    return value


@builtin("yaml_parse(text?: any) -> any", area="yaml", loose=True)
def yaml_parse(_vm: Vm, text: Any = "") -> Any:
    """The value that a YAML document describes; nil for an empty one."""
    with extra("yaml_parse", "PyYAML", "yaml"):
        import yaml
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder = _Builder()
    source = display(text).encode("utf-8", "replace").decode("utf-8")
    try:
        for event in yaml.parse(source, Loader=loader):
            if isinstance(event, yaml.ScalarEvent):
                value = _scalar(event.value, event.tag, event.style is None or event.style == "")
                if event.anchor is not None:
                    builder.anchors[event.anchor] = (value, 1)
                builder.add(value, 1)
            elif isinstance(event, yaml.SequenceStartEvent):
                builder.open([], event.anchor)
            elif isinstance(event, yaml.MappingStartEvent):
                builder.open({}, event.anchor)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                builder.close()
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in builder.anchors:
                    raise thrown("YAML parse error: unknown anchor")
                builder.add(*builder.anchors[event.anchor])
            elif isinstance(event, yaml.DocumentStartEvent):
                builder.documents += 1
                if builder.documents > 1:
                    raise thrown(
                        "YAML parse error: deserializing from YAML containing more than one document is not supported"
                    )
    except yaml.MarkedYAMLError as error:
        raise thrown(f"YAML parse error: {_located(error)}") from None
    except yaml.YAMLError as error:
        raise thrown(f"YAML parse error: {error}") from None
    return builder.result


def _located(error: Any) -> str:
    text = str(error.problem or error.context or "invalid document")
    mark = error.problem_mark or error.context_mark
    if mark is not None:
        text += f" at line {mark.line + 1} column {mark.column + 1}"
    if error.problem and error.context:
        text += f", {error.context}"
        if error.context_mark is not None:
            text += f" at line {error.context_mark.line + 1} column {error.context_mark.column + 1}"
    return text


# ---------------------------------------------------------------------------------------------- writing

_INDICATORS: Final = frozenset(",[]{}#&*!|>'\"%@`")
_UNPLAIN: Final = re.compile(r": |:$| #|^[-?:](?:\s|$)|^(?:---|\.\.\.)(?:\s|$)|^\s|\s$")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ESCAPES: Final = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r",
    "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_DOUBLE_SPECIAL: Final = re.compile(r'["\\\n\t\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')


def _double_quoted(text: str) -> str:
    def escaped(found: re.Match[str]) -> str:
        character = found[0]
        known = _ESCAPES.get(character)
        if known is not None:
            return known
        return f"\\x{ord(character):02X}" if character < "\u0100" else f"\\u{ord(character):04X}"

    return '"' + _DOUBLE_SPECIAL.sub(escaped, text) + '"'


def _string(text: str, indent: str) -> str:
    """A string as a scalar; a block of lines is indented below ``indent``."""
    if _UNPRINTABLE.search(text):
        return _double_quoted(text)
    if "\n" in text:
        return _block(text, indent)
    quoted = (
        type(resolved(text) if text else None) is not str
        or _DIGITS.fullmatch(text)
        or text[0] in _INDICATORS
        or _UNPLAIN.search(text)
        or "\t" in text
    )
    if not quoted:
        return text
    return "'" + text.replace("'", "''") + "'"


def _block(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    if not body:
        return _double_quoted(text)
    hint = "2" if body[0] in " \n\t" else ""
    chomping = "-" if ends == 0 else "" if ends == 1 else "+"
    lines = [f"{indent}  {line}" if line else "" for line in body.split("\n")] + [""] * (ends - 1)
    return "\n".join([f"|{hint}{chomping}", *lines])


def _leaf(value: Any, indent: str) -> str:
    if value is None:
        return "null"
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return repr(value)
    if kind is float:
        if not math.isfinite(value):
            return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        return float_text_short(value)
    return _string(value if kind is str else display(value), indent)


def _children(value: Any) -> list[tuple[str, Any]] | None:
    """The entries of a container: a key or ``""`` with its value; None for a leaf."""
    kind = type(value)
    if kind is dict or kind is StructValue:
        fields = value if kind is dict else value.fields
        return [(key, fields[key]) for key in sorted(fields)]
    if kind is list:
        return [("", item) for item in value]
    if kind is HarnSet:
        return [("", item) for item in value.members.values()]
    return None


@builtin("yaml_stringify(value?: any) -> string", area="yaml", loose=True)
def yaml_stringify(_vm: Vm, value: Any = None) -> str:
    """A value as YAML in block style with sorted keys."""
    top = _children(value)
    if not top:
        return f"{_empty(value) if top is not None else _leaf(value, '')}\n"
    out: list[str] = []
    # What is still to be written, last first: entry, container kind, indentation, text that opens the line.
    pending = _entries(value, top, "", "")
    while pending:
        (key, item), mapping, indent, opening = pending.pop()
        # A block of lines cannot be a key.
        shown = _double_quoted(key) if "\n" in key else _string(key, indent)
        head = f"{opening}{shown}:" if mapping else f"{opening}-"
        inner = _children(item)
        if not inner:
            out.append(f"{head} {_empty(item) if inner is not None else _leaf(item, indent)}")
            continue
        in_sequence = type(item) in (list, HarnSet)
        if mapping:
            out.append(head)
            below = indent if in_sequence else indent + "  "
            pending += _entries(item, inner, below, below)
        else:
            # The first entry of what is inside a list item stands on the item's own line.
            pending += _entries(item, inner, indent + "  ", f"{head} ")
    return "\n".join(out) + "\n"


def _entries(value: Any, children: list[tuple[str, Any]], indent: str, opening: str) -> list[_Entry]:
    """The entries of a container in reverse; only the first one starts with the opening text."""
    mapping = type(value) in (dict, StructValue)
    entries: list[_Entry] = [(child, mapping, indent, indent) for child in children]
    entries[0] = (children[0], mapping, indent, opening)
    entries.reverse()
    return entries


def _empty(value: Any) -> str:
    return "{}" if type(value) in (dict, StructValue) else "[]"
