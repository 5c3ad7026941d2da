"""List methods whose closure is known to take the right number of arguments.

They do what ``builtins/methods/list_callbacks.py`` does, without the general way of calling back.
"""

from __future__ import annotations

from harnlite.values.equality import sort_by_keys
from harnlite.values.errors import GuestError
from harnlite.values.types import Closure
from harnlite.vm.errors import cross_boundary, depth_error
from harnlite.vm.trace import harvest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnlite.vm.instance import Instance

__all__ = ["callbacks"]


def callbacks(instance: Instance) -> dict[str, Any]:
    """The methods for one VM, by the names that translated code has for them."""
    vm = instance.vm

    def run(depth: int, closure: Closure, work: Callable[[Callable[..., Any], int], Any]) -> Any:
        """Call a closure many times; errors leave it as they leave any callback."""
        try:
            return work(closure.function, depth + 1)
        except GuestError as error:
            harvest(error, vm.frame_lookup)
            cross_boundary(error)
            raise
        except RecursionError:
            raise depth_error() from None
        finally:
            vm.depth = depth

    def map_in_list(depth: int, items: list[Any], closure: Closure) -> list[Any]:
        return run(depth, closure, lambda f, d: [f(d, item) for item in items])  # type: ignore[no-any-return]

    def filter_in_list(depth: int, items: list[Any], closure: Closure) -> list[Any]:
        return run(depth, closure, lambda f, d: [item for item in items if f(d, item)])  # type: ignore[no-any-return]

    def sort_by_in_list(depth: int, items: list[Any], closure: Closure) -> list[Any]:
        return sort_by_keys(items, run(depth, closure, lambda f, d: [f(d, item) for item in items]))

    def reduce_in_list(depth: int, items: list[Any], initial: Any, closure: Closure) -> Any:
        def work(function: Callable[..., Any], inner: int) -> Any:
            total = initial
            for item in items:
                total = function(inner, total, item)
            return total

        return run(depth, closure, work)

    def any_in_list(depth: int, items: list[Any], closure: Closure) -> bool:
        return find_index(depth, items, closure, True) >= 0

    def all_in_list(depth: int, items: list[Any], closure: Closure) -> bool:
        return find_index(depth, items, closure, False) < 0

    def none_in_list(depth: int, items: list[Any], closure: Closure) -> bool:
        return find_index(depth, items, closure, True) < 0

    def find_in_list(depth: int, items: list[Any], closure: Closure) -> Any:
        index = find_index(depth, items, closure, True)
        return items[index] if index >= 0 else None

    def find_index(depth: int, items: list[Any], closure: Closure, wanted: bool) -> int:
        def work(function: Callable[..., Any], inner: int) -> int:
            for index, item in enumerate(items):
                if bool(function(inner, item)) is wanted:
                    return index
            return -1

        return run(depth, closure, work)  # type: ignore[no-any-return]

    def flat_map_in_list(depth: int, items: list[Any], closure: Closure) -> list[Any]:
        flat: list[Any] = []
        for result in map_in_list(depth, items, closure):
            if type(result) is list:
                flat += result
            else:
                flat.append(result)
        return flat

    return {
        "all_in_list": all_in_list,
        "any_in_list": any_in_list,
        "filter_in_list": filter_in_list,
        "find_in_list": find_in_list,
        "flat_map_in_list": flat_map_in_list,
        "map_in_list": map_in_list,
        "none_in_list": none_in_list,
        "reduce_in_list": reduce_in_list,
        "sort_by_in_list": sort_by_in_list,
    }
