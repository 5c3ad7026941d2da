"""The texts of reading and building values: fields, indices, slices, literals, interpolation, patterns."""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.access_facts import is_within
from harnlite.translator.emit_operators import OperatorEmitter
from harnlite.translator.lattice import DICT, ENUM, INT, LIST, NIL, STRUCT, TEXT, Fact
from harnlite.translator.tree import Constant, Expression, Local, Operation
from harnlite.translator.writer import Atom

__all__ = ["AccessEmitter"]

#: What Python 3.11 does not allow inside the braces of an f-string, or takes for something else there.
_NOT_IN_FSTRINGS: Final = "'\"\\\0\n{}!:#"
_LIST_FIELDS: Final = {"count": "len({})", "empty": "(not {})"}


def _has(fact: Fact, name: str) -> bool:
    """Whether every value of a fact surely has an entry."""
    return name in fact.fields and not fact.mask & ~(DICT | STRUCT)


class AccessEmitter(OperatorEmitter):
    """Access and building.

    :ivar variant_names: variables that hold the variant of a slot's value, None where it is not of the enum.
    """

    variant_names: dict[tuple[int, str], str]

    # ------------------------------------------------------------------------------------------------- fields

    def field(self, node: Operation) -> str:
        """GET_FIELD."""
        holder = node.operands[0]
        fact = holder.fact
        name = self.chunk.names[node.a]
        key = ascii(name)
        known = fact.mask & ~NIL
        if isinstance(holder, Local) and (holder.slot, name) in self.field_values:
            return Atom(self.field_values[holder.slot, name])
        if known in (DICT, STRUCT):
            self.rescue = self.rescue or bool(fact.mask & NIL)
            entries = self.operand(holder) + (".fields" if known == STRUCT else "")
            if name in fact.fields:
                return Atom(f"{entries}[{key}]")
            return Atom(f"{entries}.get({key})")
        if known == LIST and name in _LIST_FIELDS and not fact.mask & NIL:
            return Atom(_LIST_FIELDS[name].format(self.operand(holder)))
        if known == TEXT and name in _LIST_FIELDS and not fact.mask & NIL:
            return Atom(_LIST_FIELDS[name].format(self.operand(holder)))
        if known == ENUM and name == "variant":
            self.rescue = self.rescue or bool(fact.mask & NIL)
            return Atom(f"{self.operand(holder)}.variant")
        if fact.mask & DICT:
            (text,) = self.operands([holder], atoms=True)
            return f"{text}.get({key}) if type({text}) is dict else {self.helper(node, 'get_field', [text, key])}"
        return self.helper(node, "get_field", [*self.operands([holder]), key])

    def optional_field(self, node: Operation) -> str:
        """GET_FIELD_OPT."""
        holder = node.operands[0]
        fact = holder.fact
        name = self.chunk.names[node.a]
        key = ascii(name)
        if fact.mask == DICT or fact.mask == STRUCT:
            entries = self.operand(holder) + (".fields" if fact.mask == STRUCT else "")
            return Atom(f"{entries}[{key}]" if name in fact.fields else f"{entries}.get({key})")
        return self.helper(node, "get_field_optional", [*self.operands([holder]), key])

    # ------------------------------------------------------------------------------------------------ indices

    def index(self, node: Operation) -> str:
        """GET_INDEX."""
        holder, key = node.operands
        fact = holder.fact
        known = fact.mask & ~NIL
        if known in (LIST, TEXT) and key.fact.mask & INT and not key.fact.mask & ~(INT | NIL):
            self.rescue = self.rescue or not is_within(fact, key.fact)
            container, position = self.operands(node.operands)
            return Atom(f"{container}[{position}]")
        if known == DICT and key.fact.mask == TEXT:
            self.rescue = self.rescue or bool(fact.mask & NIL)
            sure = type(key) is Constant and key.value in fact.fields
            container, entry = self.operands(node.operands)
            return Atom(f"{container}[{entry}]" if sure else f"{container}.get({entry})")
        return self.guarded_index(node)

    def guarded_index(self, node: Operation) -> str:
        holder, key = node.operands
        kind = ""
        if key.fact.mask == INT and holder.fact.mask & LIST:
            kind = "list"
        elif key.fact.mask == TEXT and holder.fact.mask & DICT:
            kind = "dict"
        if not kind:
            return self.helper(node, "get_index", self.operands(node.operands))
        # The index is not tested: an error leads to the plain text.
        container, position = self.operands(node.operands, atoms=True)
        rest = self.helper(node, "get_index", [container, position])
        if kind == "list":
            self.rescue = True
            return f"{container}[{position}] if type({container}) is list else {rest}"
        return f"{container}.get({position}) if type({container}) is dict else {rest}"

    def optional_index(self, node: Operation) -> str:
        return self.helper(node, "get_index_optional", self.operands(node.operands))

    def slice(self, node: Operation) -> str:
        """SLICE."""
        holder, *bounds = node.operands
        has_start, has_end = bool(node.a & 1), bool(node.a & 2)
        if not holder.fact.mask & ~(LIST | TEXT) and all(bound.fact.mask == INT for bound in bounds):
            container, *texts = self.operands(node.operands)
            start = texts.pop(0) if has_start else ""
            end = texts.pop(0) if has_end else ""
            return Atom(f"{container}[{start}:{end}]")
        container, *texts = self.operands(node.operands)
        start = texts.pop(0) if has_start else "None"
        end = texts.pop(0) if has_end else "None"
        return self.helper(node, "slice_value", [container, start, end, str(has_start), str(has_end)])

    # ----------------------------------------------------------------------------------------------- building

    def range_value(self, node: Operation) -> str:
        start, end = self.operands(node.operands)
        if all(operand.fact.mask == INT for operand in node.operands):
            return Atom(f"RangeValue({start}, {end}, {bool(node.a)})")
        return Atom(f"make_range({start}, {end}, {bool(node.a)})")

    def list_value(self, node: Operation) -> str:
        return Atom(f"[{', '.join(self.operands(node.operands))}]")

    def dict_value(self, node: Operation) -> str:
        texts = self.operands(node.operands)
        entries = []
        for position in range(0, len(texts), 2):
            key = self.key(node.operands[position], texts[position])
            entries.append(f"{key}: {texts[position + 1]}")
        return Atom("{" + ", ".join(entries) + "}")

    def key(self, node: Expression, text: str) -> str:
        """A dict's key."""
        return text if node.fact.mask == TEXT else f"display({text})"

    def string(self, node: Operation) -> str:
        """STRING: an f-string; what may not be written inside one is computed before."""
        values = [part for part in node.operands if not (type(part) is Constant and type(part.value) is str)]
        mark = self.mark()
        texts = [] if node in self.attempts.statements else self.operands(values)
        if not texts or any(character in text for text in texts for character in _NOT_IN_FSTRINGS):
            self.attempts.statements.add(node)
            self.take_back(mark)
            texts = self.operands(values, atoms=True)
        shown = iter(texts)
        body = ""
        for part in node.operands:
            if type(part) is Constant and type(part.value) is str:
                escaped = part.value.encode("unicode_escape").decode("ascii")
                body += escaped.replace("{", "{{").replace("}", "}}").replace('"', '\\"')
            else:
                body += "{" + self.displayed(part, next(shown)) + "}"
        return Atom(f'f"{body}"')

    def displayed(self, node: Expression, text: str) -> str:
        """The display of a value, inside an f-string."""
        if node.fact.mask == TEXT or node.fact.mask == INT:
            return text
        return f"display({text})"

    def enum_value(self, node: Operation) -> str:
        enum, variant = self.chunk.constants[node.a]
        texts = self.operands(node.operands)
        fields = f"({', '.join(texts)},)" if texts else "()"
        return Atom(f"new_enum({enum!a}, {variant!a}, {fields})")

    def struct_value(self, node: Operation) -> str:
        reference = self.chunk.constants[node.a]
        given = self.chunk.constants[node.b]
        texts = self.operands(node.operands, atoms=not all(name in reference[2] for name in given))
        entries = [f"{name!a}: {text}" for name, text in zip(given, texts, strict=True) if name in reference[2]]
        return Atom(f"new_struct({self.names.struct_type(node.a)}, {{{', '.join(entries)}}})")

    def struct_from(self, node: Operation) -> str:
        (text,) = self.operands(node.operands)
        return Atom(f"struct_from({self.names.struct_type(node.a)}, {text})")

    def struct_constructor(self, node: Operation) -> str:
        return Atom(f"struct_constructor({self.names.struct_type(node.a)})")

    # ----------------------------------------------------------------------------------------------- patterns

    def is_variant(self, node: Operation) -> str:
        """IS_VARIANT."""
        enum, variant = self.chunk.constants[node.a]
        holder = node.operands[0]
        if isinstance(holder, Local):
            known = self.variant_names.get((holder.slot, enum))
            if known is not None:
                return f"{known} == {variant!a}"
        (text,) = self.operands(node.operands, atoms=True)
        tests = self.enum_tests(holder.fact, text, enum)
        return " and ".join([*tests, f"{text}.variant == {variant!a}"])

    def enum_tests(self, fact: Fact, text: str, enum: str) -> list[str]:
        """What is to be asked to know that a value is of an enum."""
        if not fact.mask & ~(ENUM | NIL):
            tests = [f"{text} is not None"] if fact.mask & NIL else []
        else:
            tests = [f"type({text}) is EnumValue"]
        if fact.name != enum or fact.mask & STRUCT:
            tests.append(f"{text}.enum == {enum!a}")
        return tests

    def enum_field(self, node: Operation) -> str:
        holder = node.operands[0]
        (text,) = self.operands(node.operands)
        variants = holder.fact.variants
        if holder.fact.mask != ENUM or not variants or any(len(fields) <= node.a for fields in variants.values()):
            self.rescue = True
        return Atom(f"{text}.fields[{node.a}]")

    def is_dict(self, node: Operation) -> str:
        (text,) = self.operands(node.operands)
        return f"type({text}) is dict"

    def is_list(self, node: Operation) -> str:
        (text,) = self.operands(node.operands, atoms=True)
        if not node.a:
            return f"type({text}) is list"
        return f"type({text}) is list and len({text}) >= {node.a}"

    def check_container(self, node: Operation) -> str:
        """CHECK_DICT and CHECK_LIST."""
        name = "check_dict" if node.op is Op.CHECK_DICT else "check_list"
        wanted = DICT if node.op is Op.CHECK_DICT else LIST
        (text,) = self.operands(node.operands)
        return text if node.operands[0].fact.mask == wanted else self.helper(node, name, [text])

    def container_rest(self, node: Operation) -> str:
        """DICT_REST and LIST_REST."""
        (text,) = self.operands(node.operands)
        if node.op is Op.LIST_REST:
            is_list = node.operands[0].fact.mask == LIST
            return Atom(f"{text}[{node.a}:]" if is_list else f"list_rest({text}, {node.a})")
        return Atom(f"dict_rest({text}, {self.names.constant_at(node.a)})")

    def wrap_result(self, node: Operation) -> str:
        (text,) = self.operands(node.operands)
        return Atom(f"wrap_ok({text})" if node.op is Op.WRAP_OK else f"err({text})")

    # -------------------------------------------------------------------------------------------------- copies

    def replaced(self, node: Operation) -> str:
        """SET_INDEX, SET_FIELD and SET_PATH: a changed copy."""
        value, holder, *indices = self.operands(node.operands)
        if node.op is Op.SET_INDEX:
            return self.helper(node, "replace_index", [value, holder, *indices])
        if node.op is Op.SET_FIELD:
            return self.helper(node, "replace_field", [value, holder, ascii(self.chunk.names[node.a])])
        steps = self.names.constant_at(node.a)
        return self.helper(node, "replace_path", [value, holder, steps, f"[{', '.join(indices)}]"])
