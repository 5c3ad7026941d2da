"""The statements that change a variable's value in place when the variable alone holds it, and a copy otherwise.

Where facts prove that a variable is the only holder nothing is tested. In loops a flag ``oN`` remembers that the
variable of slot N came to be the only holder, so that the reference count is asked for once and not in each turn; what
shares the value lowers the flag. Everything an update needs is evaluated before the holders are counted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from harnlite.bytecode.opcodes import Op
from harnlite.translator.access_facts import is_within
from harnlite.translator.emit_plain import PlainEmitter
from harnlite.translator.lattice import BOOL, DICT, INT, LIST, NIL, NUMBER, STRUCT, TEXT
from harnlite.translator.tree import Coalesce, Conditional, Expression, Local, Operation, Update
from harnlite.translator.writer import bracketed, in_parentheses

__all__ = ["UpdateEmitter"]

_COPIES = {LIST: "{0} = {0}[:]", DICT: "{0} = {0}.copy()", STRUCT: "{0} = new_struct({0}.type, {0}.fields.copy())"}


class UpdateEmitter(PlainEmitter):
    """Updates."""

    #: Slots that have a flag.
    flagged: set[int]
    #: The parameter that callers may give up, and the slot that takes it over.
    moving: tuple[int, int] | None

    @abstractmethod
    def arithmetic_statement(self, node: Update) -> None:
        """``x = x + y`` of what is no container."""

    def update(self, node: Update) -> None:
        """Any update."""
        op = node.op
        if op is Op.ADD_LOCAL:
            self.add_local(node)
        elif op is Op.APPEND_LOCAL:
            self.append_local(node)
        elif op is Op.SET_INDEX_LOCAL:
            self.set_index_local(node)
        elif op is Op.SET_FIELD_LOCAL:
            self.set_field_local(node)
        else:
            self.set_path_local(node)

    # ----------------------------------------------------------------------------------------------- ownership

    def own(self, node: Update) -> None:
        """Make the variable the only holder of its container."""
        if node.owned:
            return
        name = self.slot(node.slot)
        copy = _COPIES.get(node.before.mask, "{0} = copy_container({0})").format(name)
        flag = f"o{node.slot}"
        if node.slot in self.flagged:
            self.writer.line(f"if not {flag}:")
            self.writer.indent()
        self.writer.line(f"if getrefcount({name}) != {self.count_alone(node.slot)}:")
        self.indented(copy)
        self.counted(node.slot)
        if node.slot in self.flagged:
            self.writer.line(f"{flag} = True")
            self.writer.dedent()

    def count_alone(self, slot: int) -> str:
        """The reference count of a value that only this slot holds, or whose other holder gives it up."""
        return "m" if self.moving is not None and self.moving[1] == slot else "OWN"

    def counted(self, slot: int) -> None:
        """A caller gives its variable up only once."""
        if self.moving is not None and self.moving[1] == slot:
            self.writer.line("m = OWN")

    def indented(self, text: str, at: int = -1) -> None:
        """Write one line one level further in."""
        self.writer.indent()
        self.writer.line(text, at)
        self.writer.dedent()

    def values(self, node: Update) -> list[str]:
        """The operands' texts; in variables, and none of them the updated one, when holders are to be counted."""
        if node.owned:
            return self.operands(node.operands)
        texts = self.operands(node.operands, atoms=True)
        for index, operand in enumerate(node.operands):
            if isinstance(operand, Local) and operand.slot == node.slot:
                name = self.temporary()
                self.writer.line(f"{name} = {texts[index]}")
                texts[index] = name
        return texts

    def update_statement(self, node: Update, fast: str, plain: str, rescue: bool) -> None:
        """Write the update itself; what may have marks in its text is inside brackets."""
        if rescue:
            self.rescued("", fast, plain, "", node.at, raises=True, grouped=True)
        else:
            self.writer.expression("", fast, "", node.at, raises=True, grouped=True)

    def begin(self) -> None:
        """A statement whose operands are written one by one."""
        self.rescue = self.effects = False
        self.hoisting = True
        self.root = None

    def plain_values(self, node: Update, texts: list[str]) -> list[str]:
        """The operands' plain texts: variables stay, anything else is evaluated plainly."""
        return [
            text if text.isidentifier() else in_parentheses(self.plain(operand))
            for text, operand in zip(texts, node.operands, strict=True)
        ]

    # ------------------------------------------------------------------------------------------------- updates

    def add_local(self, node: Update) -> None:
        """ADD_LOCAL."""
        mask = node.before.mask
        name = self.slot(node.slot)
        operand = node.operands[0]
        if not mask & (LIST | DICT) or not operand.fact.mask & mask & (LIST | DICT):
            self.arithmetic_statement(node)
            return
        self.begin()
        if mask in (LIST, DICT) and operand.fact.mask == mask:
            (text,) = self.operands([operand], atoms=not node.owned, safe=True)
            grow = f"{name} += {bracketed(text)}" if mask == LIST else f"{name}.update({text})"
            if node.owned:
                self.writer.expression("", grow, "", node.at, grouped=True)
                return
            sign = "+" if mask == LIST else "|"
            test = f"getrefcount({name}) == {self.count_alone(node.slot)}"
            if node.slot in self.flagged:
                test = f"o{node.slot} or {test}"
            self.writer.line(f"if {test}:")
            self.indented(grow, node.at)
            self.writer.line("else:")
            self.indented(f"{name} = {name} {sign} {text}", node.at)
            self.counted(node.slot)
            self.raise_flag(node.slot)
            return
        (text,) = self.operands([operand], atoms=True)
        alone = f"getrefcount({name}) == {self.count_alone(node.slot)}"
        self.writer.line(f"if (type({name}) is list or type({name}) is dict) and {alone}:")
        self.indented(f"add_owned({name}, {text})", node.at)
        self.writer.line("else:")
        self.indented(f"{name} = add({name}, {text})", node.at)
        self.counted(node.slot)
        if node.slot in self.flagged:
            self.writer.line(f"o{node.slot} = False")

    def raise_flag(self, slot: int) -> None:
        """The variable is now the only holder of its value."""
        if slot in self.flagged:
            self.writer.line(f"o{slot} = True")

    def append_local(self, node: Update) -> None:
        """APPEND_LOCAL."""
        name = self.slot(node.slot)
        self.begin()
        if node.before.mask == LIST:
            (text,) = self.values(node)
            rescue = self.rescue
            plain = self.plain_values(node, [text])[0] if rescue else text
            self.own(node)
            self.update_statement(node, f"{name}.append({text})", f"{name}.append({plain})", rescue)
            return
        (text,) = self.operands(node.operands, atoms=True)
        if isinstance(node.operands[0], Local) and node.operands[0].slot == node.slot:
            self.writer.line(f"t0 = {text}")
            text = "t0"
        self.writer.line(f"if type({name}) is list:")
        self.writer.indent()
        self.own(node)
        self.writer.line(f"{name}.append({text})", node.at)
        self.writer.dedent()
        self.writer.line("else:")
        self.indented(f'{name} = call_method(d, {name}, "push", {text})', node.at)
        if node.slot in self.flagged:
            self.indented(f"o{node.slot} = False")

    def set_index_local(self, node: Update) -> None:
        """SET_INDEX_LOCAL."""
        name = self.slot(node.slot)
        key = node.operands[1]
        mask = node.before.mask
        self.begin()
        value, position = self.values(node)
        direct = (mask == LIST and key.fact.mask & INT and not key.fact.mask & ~(INT | NIL)) or mask == DICT
        rescue = self.rescue or (direct and mask == LIST and not is_within(node.before, key.fact))
        plain_value, plain_position = self.plain_values(node, [value, position]) if rescue else (value, position)
        self.own(node)
        plain = f"put_index({plain_value}, {name}, {plain_position})"
        if not direct:
            self.update_statement(node, f"put_index({value}, {name}, {position})", plain, rescue)
            return
        if mask == DICT and key.fact.mask != TEXT:
            position = f"display({position})"
        self.update_statement(node, f"{name}[{position}] = {bracketed(value)}", plain, rescue)

    def set_field_local(self, node: Update) -> None:
        """SET_FIELD_LOCAL."""
        name = self.slot(node.slot)
        field = ascii(self.chunk.names[node.operand])
        mask = node.before.mask
        self.begin()
        value = self.field_value(node)
        rescue = self.rescue
        (plain_value,) = self.plain_values(node, [value]) if rescue else (value,)
        self.own(node)
        plain = f"set_field_in_place({name}, {field}, {plain_value})"
        if mask == STRUCT:
            fast = f"{name}.fields[{field}] = {bracketed(value)}"
        elif mask == DICT:
            fast = f"{name}[{field}] = {bracketed(value)}"
        else:
            fast = f"set_field_in_place({name}, {field}, {value})"
        self.update_statement(node, fast, plain, rescue)

    def field_value(self, node: Update) -> str:
        """The value to set; a plain one stays in a variable, for those who read the field soon."""
        key = (node.slot, self.chunk.names[node.operand])
        self.field_values.pop(key, None)
        operand = node.operands[0]
        if node.before.mask not in (STRUCT, DICT) or operand.fact.mask & ~(NUMBER | BOOL) or not operand.fact.mask:
            return self.values(node)[0]
        name = f"w{node.slot}_{node.operand}"
        self.statement(f"{name} = ", operand, "", node.at)
        self.field_values[key] = name
        return name

    def set_path_local(self, node: Update) -> None:
        """SET_PATH_LOCAL."""
        name = self.slot(node.slot)
        self.begin()
        saved = node.owned
        # The levels below are counted too, so nothing of the value may be on its way when that happens.
        node.owned = False
        value, *indices = self.values(node)
        node.owned = saved
        self.own(node)
        steps = self.names.constant_at(node.operand)
        self.writer.line(f"set_path_in_place({name}, {steps}, [{', '.join(indices)}], {value})", node.at)

    def shared_slots(self, operands: Sequence[Expression]) -> set[int]:
        """The flagged slots whose value somebody else holds once expressions were evaluated."""
        found: set[int] = set()
        pending = list(operands) if self.flagged else []
        while pending:
            node = pending.pop()
            if isinstance(node, Local):
                if node.shared and node.slot in self.flagged:
                    found.add(node.slot)
            elif isinstance(node, Operation):
                if node.op is Op.MAKE_CLOSURE:
                    sources = self.chunk.functions[node.a].captures
                    found |= {source.index for source in sources if not source.from_capture} & self.flagged
                pending.extend(node.operands)
            elif isinstance(node, Conditional):
                pending += (node.condition, node.then, node.otherwise)
            elif isinstance(node, Coalesce):
                pending += (node.value, node.otherwise)
        return found
