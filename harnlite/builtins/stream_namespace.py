"""The ``stream`` namespace: functions on anything that can be iterated (docs/reference/builtins.md 11.6).

All give iterators where nothing else is said, and pull one item at a time from their sources.
"""

from __future__ import annotations

from collections import deque

from harnlite.builtins.methods.iter import filtered, limited, mapped, remaining, zipped
from harnlite.builtins.methods.iterators import IterHandle, require_iterator
from harnlite.builtins.registry import builtin
from harnlite.values.display import type_name
from harnlite.values.errors import GuestError, runtime_error, type_error
from harnlite.values.types import MISSING
from harnlite.vm.channels import Channel, select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from harnlite.builtins.methods.iterators import Pull


__all__: list[str] = []

#: How many items ``stream.collect`` takes unless told otherwise.
_COLLECT_LIMIT = 10_000


def _missing(name: str, position: int) -> GuestError:
    return type_error(f"stream.{name}: missing argument {position}")


def _source(name: str, source: Any, position: int = 1) -> Pull:
    if source is MISSING:
        raise _missing(name, position)
    return require_iterator(source).pull


def _callback(vm: Any, name: str, callback: Any, position: int = 2) -> Any:
    if callback is MISSING:
        raise _missing(name, position)
    if not vm.is_callable(callback):
        raise type_error(f"stream.{name}: argument {position} must be callable, got {type_name(callback)}")
    return vm.caller(callback)


def _count(name: str, count: Any) -> int:
    if count is MISSING:
        raise _missing(name, 2)
    if type(count) is not int or count < 0:
        raise type_error(f"stream.{name}: argument 2 must be a non-negative int, got {type_name(count)}")
    return count


@builtin("stream.map(source?: any, f?: any) -> iter", area="streams", loose=True)
def stream_map(vm: Any, source: Any = MISSING, f: Any = MISSING) -> IterHandle:
    """What ``f`` gives for each item."""
    return mapped(_source("map", source), _callback(vm, "map", f))


@builtin("stream.filter(source?: any, f?: any) -> iter", area="streams", loose=True)
def stream_filter(vm: Any, source: Any = MISSING, f: Any = MISSING) -> IterHandle:
    """The items for which ``f`` is truthy."""
    return filtered(vm, _source("filter", source), _callback(vm, "filter", f))


@builtin("stream.tap(source?: any, f?: any) -> iter", area="streams", loose=True)
def stream_tap(vm: Any, source: Any = MISSING, f: Any = MISSING) -> IterHandle:
    """The items, after a call of ``f`` for each."""
    call = _callback(vm, "tap", f)

    def tap(item: Any) -> Any:
        call(item)
        return item

    return mapped(_source("tap", source), tap)


@builtin("stream.scan(source?: any, initial?: any, f?: any) -> iter", area="streams", loose=True)
def stream_scan(vm: Any, source: Any = MISSING, initial: Any = MISSING, f: Any = MISSING) -> IterHandle:
    """Every accumulator ``f(accumulator, item)`` from ``initial`` on."""
    if initial is MISSING:
        raise _missing("scan", 2)
    call = _callback(vm, "scan", f, 3)
    accumulator = initial

    def step(item: Any) -> Any:
        nonlocal accumulator
        accumulator = call(accumulator, item)
        return accumulator

    return mapped(_source("scan", source), step)


@builtin("stream.take(source?: any, count?: any) -> iter", area="streams", loose=True)
def stream_take(_vm: Any, source: Any = MISSING, count: Any = MISSING) -> IterHandle:
    """The first ``count`` items."""
    return limited(_source("take", source), _count("take", count))


@builtin("stream.take_until(source?: any, f?: any) -> iter", area="streams", loose=True)
def stream_take_until(vm: Any, source: Any = MISSING, f: Any = MISSING) -> IterHandle:
    """The items before the first for which ``f`` is truthy."""
    pull = _source("take_until", source)
    call = _callback(vm, "take_until", f)

    def pull_until() -> Any:
        item = pull()
        return MISSING if item is MISSING or call(item) else item

    return IterHandle(pull_until)


@builtin("stream.fold(source?: any, initial?: any, f?: any) -> any", area="streams", loose=True)
def stream_fold(vm: Any, source: Any = MISSING, initial: Any = MISSING, f: Any = MISSING) -> Any:
    """``f(accumulator, item)`` from ``initial`` on; a value."""
    if initial is MISSING:
        raise _missing("fold", 2)
    pull = _source("fold", source)
    call = _callback(vm, "fold", f, 3)
    accumulator = initial
    for item in remaining(vm, pull):
        accumulator = call(accumulator, item)
    return accumulator


@builtin("stream.first(source?: any) -> any", area="streams", loose=True)
def stream_first(_vm: Any, source: Any = MISSING) -> Any:
    """The first item, or nil; a value."""
    item = _source("first", source)()
    return None if item is MISSING else item


@builtin("stream.collect(source?: any, limit?: any) -> list", area="streams", loose=True)
def stream_collect(_vm: Any, source: Any = MISSING, limit: Any = None) -> list[Any]:
    """The list of the items; more than the limit (an int, or ``max`` of a dict) are an error."""
    pull = _source("collect", source)
    given = limit.get("max") if type(limit) is dict else limit
    most = given if type(given) is int else _COLLECT_LIMIT
    items: list[Any] = []
    while (item := pull()) is not MISSING:
        if len(items) >= most:
            raise runtime_error(f"stream.collect: max cap {most} exceeded")
        items.append(item)
    return items


class _Source:
    """One of several sources; only a channel may have nothing to give yet without being at its end."""

    __slots__ = ("channel", "pull")

    def __init__(self, name: str, value: Any) -> None:
        self.pull = _source(name, value)
        self.channel = value if isinstance(value, Channel) else None

    def is_ready(self) -> bool:
        channel = self.channel
        return channel is None or bool(channel.queue) or channel.closed


def _wait_for_one(vm: Any, sources: Sequence[_Source]) -> tuple[_Source, Any] | None:
    """Wait until one of several channels has a value, and take it; None when they have closed instead."""
    channels = [source.channel for source in sources if source.channel is not None]
    found = select(vm.scheduler, channels, None)
    return None if found is None else (sources[found[0]], found[1])


def _round_robin(pulls: Sequence[Pull]) -> IterHandle:
    """Give one item of each source in turn, leaving out those that have ended."""
    waiting = deque(pulls)

    def pull_next() -> Any:
        while waiting:
            pull = waiting.popleft()
            item = pull()
            if item is not MISSING:
                waiting.append(pull)
                return item
        return MISSING

    return IterHandle(pull_next)


@builtin("stream.merge(...sources: any) -> iter", area="streams", loose=True)
def stream_merge(vm: Any, *sources: Any) -> IterHandle:
    """The items of all sources as they come, in turn where several are ready."""
    left = [_Source("merge", source) for source in sources]

    def pull_ready() -> Any:
        while left:
            source = next((source for source in left if source.is_ready()), None)
            if source is not None:
                item = source.pull()
            else:
                found = _wait_for_one(vm, left)
                if found is None:
                    continue
                source, item = found
            left.remove(source)
            if item is not MISSING:
                left.append(source)
                return item
        return MISSING

    return IterHandle(pull_ready)


@builtin("stream.interleave(...sources: any) -> iter", area="streams", loose=True)
def stream_interleave(_vm: Any, *sources: Any) -> IterHandle:
    """The items of two or more sources, strictly in turn."""
    if len(sources) < 2:
        raise type_error("stream.interleave: expected at least two streams")
    return _round_robin([_source("interleave", source) for source in sources])


@builtin("stream.zip(...sources: any) -> iter", area="streams", loose=True)
def stream_zip(_vm: Any, *sources: Any) -> IterHandle:
    """Pairs of the items of two sources, until one ends."""
    if len(sources) != 2:
        raise type_error(f"stream.zip: expected 2 streams, got {len(sources)}")
    return zipped(_source("zip", sources[0]), _source("zip", sources[1]))


@builtin("stream.broadcast(source?: any, count?: any) -> list<iter>", area="streams", loose=True)
def stream_broadcast(_vm: Any, source: Any = MISSING, count: Any = MISSING) -> list[IterHandle]:
    """So many iterators, each of which gives all items of the source."""
    pull = _source("broadcast", source)
    buffers: list[deque[Any]] = [deque() for _ in range(_count("broadcast", count))]

    def branch(buffer: deque[Any]) -> IterHandle:
        def pull_branch() -> Any:
            if not buffer:
                item = pull()
                if item is MISSING:
                    return MISSING
                for each in buffers:
                    each.append(item)
            return buffer.popleft()

        return IterHandle(pull_branch)

    return [branch(buffer) for buffer in buffers]


@builtin("stream.race(...sources: any) -> iter", area="streams", loose=True)
def stream_race(vm: Any, *sources: Any) -> IterHandle:
    """The items of the source that gives one first."""
    left = [_Source("race", source) for source in sources]
    winner: Pull | None = None

    def pull_winner() -> Any:
        nonlocal winner
        while winner is None and left:
            source = next((source for source in left if source.is_ready()), None)
            if source is not None:
                item = source.pull()
            else:
                found = _wait_for_one(vm, left)
                if found is None:
                    continue
                source, item = found
            if item is not MISSING:
                winner = source.pull
                return item
            left.remove(source)
        return MISSING if winner is None else winner()

    return IterHandle(pull_winner)


@builtin("stream.throttle(source?: any, per_second?: any) -> iter", area="streams", loose=True)
def stream_throttle(vm: Any, source: Any = MISSING, per_second: Any = MISSING) -> IterHandle:
    """At most so many items a second; waits before an item that would come too early."""
    pull = _source("throttle", source)
    if per_second is MISSING:
        raise _missing("throttle", 2)
    if type(per_second) not in (int, float) or per_second <= 0:
        raise type_error(f"stream.throttle: argument 2 must be a positive number, got {type_name(per_second)}")
    interval = 1000 / per_second
    next_time = 0.0

    def pull_throttled() -> Any:
        nonlocal next_time
        item = pull()
        if item is MISSING:
            return MISSING
        wait = next_time - vm.clock.monotonic_ms()
        if wait > 0:
            vm.registry.builtin("sleep").function(vm, round(wait))
        next_time = vm.clock.monotonic_ms() + interval
        return item

    return IterHandle(pull_throttled)


@builtin("stream.debounce(source?: any, milliseconds?: any) -> iter", area="streams", loose=True)
def stream_debounce(vm: Any, source: Any = MISSING, milliseconds: Any = MISSING) -> IterHandle:
    """The items that no other follows within so many milliseconds."""
    pull = _source("debounce", source)
    quiet = _count("debounce", milliseconds)
    held: Any = MISSING

    def pull_debounced() -> Any:
        nonlocal held
        if held is MISSING:
            held = pull()
        while held is not MISSING:
            asked = vm.clock.monotonic_ms()
            following = pull()
            settled = held
            held = following
            if following is MISSING or vm.clock.monotonic_ms() - asked >= quiet:
                return settled
        return MISSING

    return IterHandle(pull_debounced)
