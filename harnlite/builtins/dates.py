"""Dates and durations (docs/reference/builtins.md 14.1). Timestamps are seconds since the epoch in UTC."""

from __future__ import annotations

import datetime
import math

from harnlite.builtins.moments import Moment, format_moment, iso_text, moment, parse_date, seconds_of, zone
from harnlite.builtins.registry import builtin
from harnlite.values.display import display, type_name
from harnlite.values.errors import runtime_error, thrown, type_error
from harnlite.values.types import Duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

_MOST_MS = (1 << 63) - 1


def _seconds(name: str, value: Any) -> int | float:
    """The seconds of a timestamp argument: a number, or a dict with a ``timestamp``."""
    if type(value) is dict:
        value = value.get("timestamp")
    if type(value) is int or type(value) is float:
        return value
    raise type_error(f"{name}: expected a timestamp or a dict with a timestamp, got {type_name(value)}")


def _moment(name: str, value: Any, timezone: Any = None) -> Moment:
    try:
        tz = datetime.UTC if timezone is None else zone(display(timezone))
        return moment(_seconds(name, value), tz)
    except ValueError as error:
        raise thrown(f"{name}: {error}") from None


def _fields(when: Moment) -> dict[str, Any]:
    at = when.at
    return {
        "year": at.year,
        "month": at.month,
        "day": at.day,
        "hour": at.hour,
        "minute": at.minute,
        "second": at.second,
        "weekday": at.isoweekday() % 7,
        "timestamp": seconds_of(at, when.nanoseconds),
    }


def _now(vm: Vm) -> Moment:
    milliseconds = int(vm.clock.now_ms())
    when = _moment("date_now", milliseconds // 1000)
    return Moment(when.at, milliseconds % 1000 * 1_000_000)


@builtin("date_parse(text: string) -> int | float", area="dates")
def date_parse(_vm: Vm, text: str) -> int | float:
    """The timestamp of a date: RFC 3339, ``2024-01-15 10:30``, ``2024/01/15`` …; without a zone it is UTC."""
    try:
        return parse_date(text)
    except ValueError as error:
        raise thrown(str(error)) from None


@builtin("date_format(timestamp: int | float | dict, format?: string, timezone?: string) -> string", area="dates")
def date_format(_vm: Vm, timestamp: Any, pattern: str | None = None, timezone: str | None = None) -> str:
    """A timestamp as text by a strftime pattern (``%Y-%m-%d %H:%M:%S`` unless given), in a time zone (UTC)."""
    when = _moment("date_format", timestamp, timezone)
    return format_moment(when, "%Y-%m-%d %H:%M:%S" if pattern is None else pattern)


@builtin("date_now() -> dict", area="dates")
def date_now(vm: Vm) -> dict[str, Any]:
    """The present moment: ``{year, month, day, hour, minute, second, weekday, timestamp, iso8601}``, Sunday is 0."""
    when = _now(vm)
    return _fields(when) | {"iso8601": format_moment(when, "%Y-%m-%dT%H:%M:%S%.3fZ")}


@builtin("date_iso() -> string", area="dates", aliases=("date_now_iso",))
def date_iso(vm: Vm) -> str:
    """The present moment as ``2024-01-15T10:30:00.000Z``."""
    return format_moment(_now(vm), "%Y-%m-%dT%H:%M:%S%.3fZ")


@builtin("date_in_zone(timestamp: int | float | dict, timezone: string) -> dict", area="dates")
def date_in_zone(_vm: Vm, timestamp: Any, timezone: str) -> dict[str, Any]:
    """The parts of a timestamp in a time zone, as ``date_now`` gives them, with ``offset_seconds`` and ``zone``."""
    when = _moment("date_in_zone", timestamp, timezone)
    return _fields(when) | {"iso8601": iso_text(when), "offset_seconds": when.offset, "zone": timezone}


@builtin("date_to_zone(timestamp: int | float | dict, timezone: string) -> string", area="dates")
def date_to_zone(_vm: Vm, timestamp: Any, timezone: str) -> str:
    """A timestamp in a time zone as RFC 3339."""
    return iso_text(_moment("date_to_zone", timestamp, timezone))


@builtin("date_from_components(components: dict, timezone?: string) -> int", area="dates")
def date_from_components(_vm: Vm, components: dict[str, Any], timezone: str | None = None) -> int | float:
    """The timestamp of year, month, day, hour, minute, second in a time zone; the earlier of two."""
    numbers: list[int] = []
    for name, default in (("year", None), ("month", None), ("day", None), ("hour", 0), ("minute", 0), ("second", 0)):
        value = components.get(name, default)
        if value is None:
            raise thrown(f"date_from_components: missing {name}")
        if type(value) is not int:
            raise type_error(f"date_from_components: {name} must be an int, got {type_name(value)}")
        numbers.append(value)
    year, month, day, hour, minute, second = numbers
    try:
        tz = datetime.UTC if timezone is None else zone(timezone)
        local = datetime.datetime(year, month, day, hour, minute, second, tzinfo=tz)
    except (ValueError, OverflowError) as error:
        reason = str(error) if str(error).startswith("unknown") else "invalid date or time"
        raise thrown(f"date_from_components: {reason}") from None
    seconds = seconds_of(local)
    if moment(seconds, tz).at.replace(tzinfo=None, fold=0) != local.replace(tzinfo=None):
        raise thrown("date_from_components: local time does not exist in that timezone")
    return seconds


@builtin("date_add(timestamp: int | float | dict, duration: duration) -> int | float", area="dates")
def date_add(_vm: Vm, timestamp: Any, duration: Duration) -> int | float:
    """A timestamp that much later."""
    seconds = _seconds("date_add", timestamp)
    whole, rest = divmod(duration.milliseconds, 1000)
    sum_ = seconds + whole + rest / 1000 if rest else seconds + whole
    if type(sum_) is float and sum_.is_integer() and abs(sum_) <= _MOST_MS:
        return int(sum_)
    return float(sum_) if type(sum_) is int and not -_MOST_MS <= sum_ <= _MOST_MS else sum_


@builtin("date_diff(a: int | float | dict, b: int | float | dict) -> duration", area="dates")
def date_diff(_vm: Vm, a: Any, b: Any) -> Duration:
    """How much later a timestamp is than another, to the millisecond."""
    return _duration("date_diff", (_seconds("date_diff", a) - _seconds("date_diff", b)) * 1000)


@builtin("weekday_name(timestamp?: any, timezone?: any) -> string", area="dates", loose=True)
def weekday_name(_vm: Vm, timestamp: Any = None, timezone: Any = None) -> str:
    """The English name of a timestamp's day of the week."""
    return format_moment(_moment("weekday_name", timestamp, timezone), "%A")


@builtin("month_name(timestamp?: any, timezone?: any) -> string", area="dates", loose=True)
def month_name(_vm: Vm, timestamp: Any = None, timezone: Any = None) -> str:
    """The English name of a timestamp's month."""
    return format_moment(_moment("month_name", timestamp, timezone), "%B")


# ---------------------------------------------------------------------------------------------- durations


def _duration(name: str, milliseconds: float) -> Duration:
    if type(milliseconds) is float:
        if not math.isfinite(milliseconds):
            raise runtime_error(f"{name}: duration is not finite")
        milliseconds = round(milliseconds)
    if not -_MOST_MS <= milliseconds <= _MOST_MS:
        raise runtime_error(f"{name}: duration is out of range")
    return Duration(int(milliseconds))


@builtin("duration_ms(n: number) -> duration", area="dates")
def duration_ms(_vm: Vm, n: float) -> Duration:
    """A duration of this many milliseconds."""
    return _duration("duration_ms", n)


@builtin("duration_seconds(n: number) -> duration", area="dates")
def duration_seconds(_vm: Vm, n: float) -> Duration:
    """A duration of this many seconds."""
    return _duration("duration_seconds", n * 1000)


@builtin("duration_minutes(n: number) -> duration", area="dates")
def duration_minutes(_vm: Vm, n: float) -> Duration:
    """A duration of this many minutes."""
    return _duration("duration_minutes", n * 60_000)


@builtin("duration_hours(n: number) -> duration", area="dates")
def duration_hours(_vm: Vm, n: float) -> Duration:
    """A duration of this many hours."""
    return _duration("duration_hours", n * 3_600_000)


@builtin("duration_days(n: number) -> duration", area="dates")
def duration_days(_vm: Vm, n: float) -> Duration:
    """A duration of this many days."""
    return _duration("duration_days", n * 86_400_000)


@builtin("duration_to_seconds(duration: duration) -> int", area="dates")
def duration_to_seconds(_vm: Vm, duration: Duration) -> int:
    """The whole seconds of a duration."""
    seconds = abs(duration.milliseconds) // 1000
    return seconds if duration.milliseconds >= 0 else -seconds


@builtin("duration_to_human(duration: duration) -> string", area="dates")
def duration_to_human(_vm: Vm, duration: Duration) -> str:
    """A duration in its three largest units, such as ``1d 1h 1m``."""
    rest = abs(duration.milliseconds)
    parts: list[str] = []
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    text = " ".join(parts[:3]) or "0s"
    return f"-{text}" if duration.milliseconds < 0 else text
