"""The plain texts of operations: calls of the functions that define them, and nothing that relies on facts."""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.emit_callbacks import CallbackEmitter
from harnlite.translator.emit_operators import BINARY_HELPERS
from harnlite.translator.known import BUILTINS
from harnlite.translator.tree import Operation
from harnlite.translator.writer import Atom, in_parentheses

__all__ = ["PlainEmitter"]

#: Operations without operands, whose fast text relies on no fact.
_LEAVES: Final = frozenset(
    {Op.MAKE_CLOSURE, Op.LOAD_SELF, Op.LOAD_CAPTURE, Op.STRUCT_CONSTRUCTOR, Op.IS_MISSING, Op.NEW_CELL}
)


class PlainEmitter(CallbackEmitter):
    """Plain texts."""

    def plain_operation(self, node: Operation) -> str:
        if node.op in _LEAVES:
            return in_parentheses(self.operation(node))
        texts = [in_parentheses(self.plain(operand)) for operand in node.operands]
        helper = BINARY_HELPERS.get(node.op)
        if helper is not None:
            return self.marked_call(node, helper, texts)
        return self.plain_other(node, texts)

    def plain_other(self, node: Operation, texts: list[str]) -> str:
        op = node.op
        match op:
            case Op.NE:
                return Atom(f"(not equal({texts[0]}, {texts[1]}))")
            case Op.NOT_IN:
                return Atom(f"(not contains({texts[0]}, {texts[1]}))")
            case Op.NOT:
                return Atom(f"(not {texts[0]})")
            case Op.TO_BOOL:
                return Atom(f"bool({texts[0]})")
            case Op.NEG:
                return self.marked_call(node, "negate", texts)
            case Op.RANGE:
                return Atom(f"make_range({texts[0]}, {texts[1]}, {bool(node.a)})")
            case Op.LIST:
                return Atom(f"[{', '.join(texts)}]")
            case Op.DICT:
                pairs = zip(texts[::2], texts[1::2], node.operands[::2], strict=True)
                return Atom("{" + ", ".join(f"{self.key(node, key)}: {value}" for key, value, node in pairs) + "}")
            case Op.STRING:
                return Atom(f"text_of({', '.join(texts)})")
            case Op.GET_FIELD:
                return self.marked_call(node, "get_field", [texts[0], ascii(self.chunk.names[node.a])])
            case Op.GET_FIELD_OPT:
                return self.marked_call(node, "get_field_optional", [texts[0], ascii(self.chunk.names[node.a])])
            case Op.GET_INDEX:
                return self.marked_call(node, "get_index", texts)
            case Op.GET_INDEX_OPT:
                return self.marked_call(node, "get_index_optional", texts)
            case Op.SET_INDEX:
                return self.marked_call(node, "replace_index", texts)
            case Op.SET_FIELD:
                return self.marked_call(node, "replace_field", [*texts, ascii(self.chunk.names[node.a])])
            case Op.SET_PATH:
                steps = self.names.constant_at(node.a)
                return self.marked_call(node, "replace_path", [*texts[:2], steps, f"[{', '.join(texts[2:])}]"])
            case _:
                return self.plain_rare(node, texts)

    def plain_rare(self, node: Operation, texts: list[str]) -> str:
        op = node.op
        match op:
            case Op.SLICE:
                start = texts[1] if node.a & 1 else "None"
                end = texts[-1] if node.a & 2 else "None"
                flags = [str(bool(node.a & 1)), str(bool(node.a & 2))]
                return self.marked_call(node, "slice_value", [texts[0], start, end, *flags])
            case Op.ENUM:
                enum, variant = self.chunk.constants[node.a]
                fields = f"({', '.join(texts)},)" if texts else "()"
                return Atom(f"new_enum({enum!a}, {variant!a}, {fields})")
            case Op.STRUCT:
                names = ", ".join(ascii(name) for name in self.chunk.constants[node.b])
                fields = ", ".join(texts)
                return Atom(f"struct_of({self.names.struct_type(node.a)}, [{names}], [{fields}])")
            case Op.STRUCT_FROM:
                return Atom(f"struct_from({self.names.struct_type(node.a)}, {texts[0]})")
            case Op.WRAP_OK:
                return Atom(f"wrap_ok({texts[0]})")
            case Op.WRAP_ERR:
                return Atom(f"err({texts[0]})")
            case Op.IS_VARIANT:
                enum, variant = self.chunk.constants[node.a]
                return Atom(f"is_variant({texts[0]}, {enum!a}, {variant!a})")
            case Op.ENUM_FIELD:
                return Atom(f"enum_field({texts[0]}, {node.a})")
            case Op.IS_DICT:
                return Atom(f"(type({texts[0]}) is dict)")
            case Op.IS_LIST:
                return Atom(f"is_list({texts[0]}, {node.a})")
            case Op.CHECK_DICT:
                return self.marked_call(node, "check_dict", texts)
            case Op.CHECK_LIST:
                return self.marked_call(node, "check_list", texts)
            case Op.DICT_REST:
                return Atom(f"dict_rest({texts[0]}, {self.names.constant_at(node.a)})")
            case Op.LIST_REST:
                return Atom(f"list_rest({texts[0]}, {node.a})")
            case Op.CALL_BUILTIN:
                name = self.chunk.names[node.a]
                if name in BUILTINS:
                    return self.marked_call(node, self.names.builtin(node.a, len(texts)), ["vm", *texts])
                return self.marked_call(node, self.names.deep_builtin(node.a, len(texts)), ["d", *texts])
            case Op.CALL_METHOD | Op.CALL_METHOD_OPT:
                return self.marked_call(
                    node, "call_method", ["d", texts[0], ascii(self.chunk.names[node.a]), *texts[1:]]
                )
            case _:
                raise AssertionError(f"{op.name} has effects")
