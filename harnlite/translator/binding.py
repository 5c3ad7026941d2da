"""What the names of a translated module stand for in a VM: builtins and methods, each as one Python function."""

from __future__ import annotations

from harnlite.vm.methods import call_builtin
from harnlite.vm.methods import call_method as call_any_method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnlite.values.types import Builtin
    from harnlite.vm.instance import Instance

__all__ = ["bind_builtin", "bind_deep_builtin", "bind_method"]


def bind_builtin(instance: Instance, name: str, count: int) -> Callable[..., Any]:
    """``f(vm, *arguments)`` for a builtin called with so many arguments; found when first called."""
    vm = instance.vm
    builtin = vm.find_builtin(name)
    if builtin is None:

        def undefined(*_: Any) -> Any:
            raise instance.undefined(name, True)

        return undefined
    fits = builtin.minimum <= count and (builtin.maximum < 0 or count <= builtin.maximum)
    if builtin.check is None and fits:
        return builtin.function
    return lambda vm, *arguments: call_builtin(vm, builtin, list(arguments))


def bind_deep_builtin(instance: Instance, name: str, count: int) -> Callable[..., Any]:
    """``f(depth, *arguments)`` for a builtin that may call guest code."""
    vm = instance.vm
    builtin: Builtin | None = None
    check: Callable[..., object] | None = None

    def find() -> None:
        # Not earlier, because finding a builtin may import the module that it is in.
        nonlocal builtin, check
        builtin = vm.find_builtin(name)
        if builtin is None:
            raise instance.undefined(name, True)
        check = builtin.check

    def call(depth: int, *arguments: Any) -> Any:
        if builtin is None:
            find()
            assert builtin is not None
        vm.depth = depth
        if check is not None:
            check(arguments)
        elif 0 <= builtin.maximum < count:
            arguments = arguments[: builtin.maximum]
        return builtin.function(vm, *arguments)

    def call_without_arguments(depth: int) -> Any:
        if builtin is None:
            find()
            assert builtin is not None
        vm.depth = depth
        if check is not None and builtin.minimum > 0:
            check(())
        return builtin.function(vm)

    return call if count else call_without_arguments


def bind_method(instance: Instance, receiver: str, name: str, count: int) -> Callable[..., Any]:
    """``f(vm, receiver, *arguments)`` for a method of a core type."""
    vm = instance.vm
    method = vm.registry.methods[receiver].get(name)
    if method is None or count < method.minimum:
        return lambda vm, holder, *arguments: call_any_method(vm, holder, name, list(arguments))
    if 0 <= method.maximum < count:
        most = method.maximum
        return lambda vm, holder, *arguments: method.function(vm, holder, *arguments[:most])
    found: Callable[..., Any] = method.function
    return found
