"""Templates: render_string, render (docs/reference/builtins.md 16)."""

from __future__ import annotations

import os

from harnlite.builtins.files import reason
from harnlite.builtins.limits import check_size
from harnlite.builtins.registry import builtin
from harnlite.builtins.template_expressions import TemplateMistake, is_true, shown
from harnlite.builtins.template_parser import Condition, Include, Loop, Node, Output, PlacedError, parse_template
from harnlite.records import NamedTuple
from harnlite.values.display import display, type_name
from harnlite.values.errors import thrown
from harnlite.values.types import HarnSet, RangeValue, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.builtins.template_expressions import Scope
    from harnlite.vm.machine import Vm

_MOST_INCLUDES: Final = 32


class _File(NamedTuple):
    """Where a template comes from: its path ("" for a string) and the directory its includes start from."""

    path: str
    directory: str


class _Renderer:
    """One rendering; collects the output."""

    def __init__(self, vm: Vm) -> None:
        self.vm = vm
        self.out: list[str] = []
        self.size = 0
        self.files: list[_File] = []

    def run(self, text: str, file: _File, scope: Scope) -> None:
        """Parse and render one template text."""
        self.files.append(file)
        try:
            self.nodes(parse_template(text), scope)
        except PlacedError as error:
            raise thrown(f"{file.path} {error}".lstrip()) from None
        finally:
            self.files.pop()

    def write(self, text: str) -> None:
        self.size += len(text)
        check_size("render", self.size)
        self.out.append(text)

    def nodes(self, nodes: list[Node], scope: Scope) -> None:
        for node in nodes:
            if isinstance(node, str):
                self.write(node)
                continue
            try:
                self.node(node, scope)
            except TemplateMistake as error:
                raise PlacedError(node.place, str(error)) from None

    def node(self, node: Output | Condition | Loop | Include, scope: Scope) -> None:
        if isinstance(node, Output):
            if node.bare and node.bare not in scope:
                self.write(f"{{{{{node.bare}}}}}")
            else:
                self.write(shown(node.expression(scope)))
        elif isinstance(node, Condition):
            for test, body in node.branches:
                if is_true(test(scope)):
                    self.nodes(body, scope)
                    return
            self.nodes(node.otherwise, scope)
        elif isinstance(node, Loop):
            self.loop(node, scope)
        else:
            self.include(node, scope)

    def loop(self, node: Loop, scope: Scope) -> None:
        rows = _rows(node.items(scope), len(node.names))
        for index, row in enumerate(rows):
            if self.vm.poll:
                self.vm.on_poll()
            position = {
                "first": index == 0,
                "index": index + 1,
                "index0": index,
                "last": index == len(rows) - 1,
                "length": len(rows),
            }
            self.nodes(node.body, {**scope, **dict(zip(node.names, row, strict=True)), "loop": position})
        if not rows:
            self.nodes(node.otherwise, scope)

    def include(self, node: Include, scope: Scope) -> None:
        outer = self.files[-1]
        path = os.path.join(outer.directory, display(node.path(scope)))
        real = os.path.normpath(path)
        chain = [os.path.normpath(file.path) for file in self.files if file.path]
        if real in chain:
            raise TemplateMistake(f"include cycle: {' -> '.join([*chain, real])}")
        if len(self.files) > _MOST_INCLUDES:
            raise TemplateMistake(f"includes are nested deeper than {_MOST_INCLUDES}")
        try:
            text = self.vm.host.files.read_text(path)
        except OSError as error:
            raise TemplateMistake(f"failed to read included template {path}: {reason(error)}") from None
        bound = {name: expression(scope) for name, expression in node.bindings}
        self.run(text, _File(path, os.path.dirname(path)), {**scope, **bound})


def _rows(items: Any, names: int) -> list[tuple[Any, ...]]:
    """What a loop goes through, one tuple for each round."""
    kind = type(items)
    if kind is dict or kind is StructValue:
        fields = items if kind is dict else items.fields
        if names == 2:
            return [(key, fields[key]) for key in sorted(fields)]
        return [({"key": key, "value": fields[key]},) for key in sorted(fields)]
    values: list[Any]
    if kind is list:
        values = items
    elif kind is HarnSet:
        values = list(items.members.values())
    elif kind is RangeValue:
        check_size("render", len(items.as_range()))
        values = list(items.as_range())
    elif items is None:
        values = []
    else:
        raise TemplateMistake(f"cannot iterate over {type_name(items)} — expected list, dict, set, or range")
    return [(value,) for value in values] if names == 1 else list(enumerate(values))


def _rendered(vm: Vm, text: str, file: _File, bindings: Any) -> str:
    renderer = _Renderer(vm)
    renderer.run(text, file, dict(bindings) if type(bindings) is dict else {})
    return "".join(renderer.out)


@builtin("render_string(template?: any, bindings?: any) -> string", area="templates", loose=True)
def render_string(vm: Vm, template: Any = "", bindings: Any = None) -> str:
    """Fill in a template given as a string."""
    return _rendered(vm, display(template), _File("", _base(vm)), bindings)


@builtin("render(path?: any, bindings?: any) -> string", area="templates", loose=True, aliases=("render_prompt",))
def render(vm: Vm, path: Any = "", bindings: Any = None) -> str:
    """Fill in a template file; its path is relative to the script."""
    full = os.path.join(_base(vm), display(path))
    try:
        text = vm.host.files.read_text(full)
    except OSError as error:
        raise thrown(f"Failed to read template {full}: {reason(error)}") from None
    return _rendered(vm, text, _File(full, os.path.dirname(full)), bindings)


def _base(vm: Vm) -> str:
    return str(vm.source_directory or vm.host.current_directory())
