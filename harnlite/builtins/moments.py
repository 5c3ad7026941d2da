"""Points in time: seconds since the epoch to calendar fields and texts, and back (docs/reference/builtins.md 14.1).

Takes seconds and time zones, gives ``datetime`` objects and texts. Knows nothing of builtins; what is wrong is a
``ValueError`` with the text that a script sees.
"""

from __future__ import annotations

import datetime
import math
import re

from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    _Field = Callable[["Moment"], "str | _Number"]


__all__ = ["Moment", "format_moment", "iso_text", "moment", "parse_date", "seconds_of", "zone"]

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?(?:([Zz])|([+-])(\d\d):(\d\d))?", re.ASCII
)
_DATE: Final = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_FIELDS: Final = (("month", 1, 12), ("day", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 59))
_SPECIFIER: Final = re.compile(r"%([-_0]?)(\.?[369]?f|:{0,3}z|#z|[A-Za-z%+])")


class Moment(NamedTuple):
    """A point in time in some zone: whole seconds as a datetime, and the nanoseconds beyond."""

    at: datetime.datetime
    nanoseconds: int

    @property
    def offset(self) -> int:
        """Seconds that the zone is ahead of UTC."""
        offset = self.at.utcoffset()
        return 0 if offset is None else int(offset.total_seconds())


def zone(name: str) -> datetime.tzinfo:
    """A time zone by its name in the IANA database.

    :raises ValueError: ``unknown timezone 'X'``, or what to install where no zone is known.
    """
    if name in ("UTC", "Etc/UTC", "GMT", "Z"):
        return datetime.UTC
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        if not zoneinfo.available_timezones():
            raise ValueError("this system has no time zone data: install harnlite[zones]") from None
        raise ValueError(f"unknown timezone '{name}'") from None


def moment(seconds: float, tz: datetime.tzinfo = datetime.UTC) -> Moment:
    """The moment that many seconds after the epoch.

    :raises ValueError: outside the years 1 to 9999, or not finite.
    """
    if not math.isfinite(seconds):
        raise ValueError("timestamp is not finite")
    whole = math.floor(seconds)
    # A float of today's size is good for a microsecond; more digits would show its rounding.
    nanoseconds = 0 if type(seconds) is int else round((seconds - whole) * 1e6) * 1000
    if nanoseconds == 1_000_000_000:
        whole, nanoseconds = whole + 1, 0
    try:
        return Moment((_EPOCH + datetime.timedelta(seconds=whole)).astimezone(tz), nanoseconds)
    except (OverflowError, ValueError):
        raise ValueError(f"timestamp {whole} is out of range") from None


def seconds_of(at: datetime.datetime, nanoseconds: int = 0) -> int | float:
    """Seconds since the epoch: an int, or a float when there is a fraction."""
    delta = at - _EPOCH
    whole = delta.days * 86400 + delta.seconds
    return whole + nanoseconds / 1e9 if nanoseconds else whole


def parse_date(text: str) -> int | float:
    """Seconds since the epoch of a date in one of many spellings.

    :raises ValueError: with the text that a script sees.
    """
    stripped = text.strip()
    found = _RFC3339.fullmatch(stripped)
    if found is not None:
        year, month, day, hour, minute, second, fraction, _, sign, zone_hour, zone_minute = found.groups()
        # A leap second counts as the second before it.
        clock = (int(year), int(month), int(day), int(hour), int(minute), min(int(second or 0), 59))
        nanoseconds = int((fraction or "").ljust(9, "0"))
        ahead = datetime.timedelta(hours=int(zone_hour or 0), minutes=int(zone_minute or 0))
        if int(second or 0) <= 60 and ahead < datetime.timedelta(hours=24):
            try:
                local = datetime.datetime(*clock, tzinfo=datetime.timezone(-ahead if sign == "-" else ahead))
                return seconds_of(local, nanoseconds)
            except (ValueError, OverflowError):
                pass  # the digits one by one say which of them is wrong
    return _parse_digits(text)


def _parse_digits(text: str) -> int:
    groups = _DIGITS.findall(text)
    if len(groups) < 3 or any(len(group) > 9 for group in groups[:6]):
        raise ValueError(f"Cannot parse date: {text}")
    numbers = [int(group) for group in groups[:6]]
    numbers += [0] * (6 - len(numbers))
    for (name, low, high), number in zip(_FIELDS, numbers[1:], strict=True):
        if not low <= number <= high:
            raise ValueError(f"Invalid {name}: {number} (must be {low}-{high})")
    year, month, day, hour, minute, second = numbers
    try:
        at = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"Invalid date: {year:04}-{month:02}-{day:02}") from None
    return int(seconds_of(at))


def _offset_text(offset: int, colons: int) -> str:
    sign = "-" if offset < 0 else "+"
    hours, rest = divmod(abs(offset), 3600)
    minutes, seconds = divmod(rest, 60)
    if colons == 0:
        return f"{sign}{hours:02}{minutes:02}"
    if colons == 1:
        return f"{sign}{hours:02}:{minutes:02}"
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}" if colons == 2 else f"{sign}{hours:02}"


def _fraction(nanoseconds: int) -> str:
    """The fraction with its point, in 0, 3, 6 or 9 digits, as few as are exact."""
    if not nanoseconds:
        return ""
    digits = f"{nanoseconds:09}"
    return "." + (digits[:3] if digits.endswith("000000") else digits[:6] if digits.endswith("000") else digits)


def iso_text(when: Moment) -> str:
    """The moment as RFC 3339 with its offset."""
    at = when.at.replace(tzinfo=None)
    return f"{at.isoformat()}{_fraction(when.nanoseconds)}{_offset_text(when.offset, 1)}"


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class _Number(NamedTuple):
    """A numeric field: its value, its width and what pads it."""

    value: int
    width: int
    fill: str = "0"


def _hour12(when: Moment) -> int:
    return when.at.hour % 12 or 12


_SPECIFIERS: Final[dict[str, _Field]] = {
    "Y": lambda when: _Number(when.at.year, 4),
    "C": lambda when: _Number(when.at.year // 100, 2),
    "y": lambda when: _Number(when.at.year % 100, 2),
    "m": lambda when: _Number(when.at.month, 2),
    "b": lambda when: _MONTHS[when.at.month - 1][:3],
    "h": lambda when: _MONTHS[when.at.month - 1][:3],
    "B": lambda when: _MONTHS[when.at.month - 1],
    "d": lambda when: _Number(when.at.day, 2),
    "e": lambda when: _Number(when.at.day, 2, " "),
    "a": lambda when: _WEEKDAYS[when.at.weekday()][:3],
    "A": lambda when: _WEEKDAYS[when.at.weekday()],
    "w": lambda when: _Number(when.at.isoweekday() % 7, 1),
    "u": lambda when: _Number(when.at.isoweekday(), 1),
    "U": lambda when: _Number((when.at.timetuple().tm_yday + 6 - when.at.isoweekday() % 7) // 7, 2),
    "W": lambda when: _Number((when.at.timetuple().tm_yday + 6 - when.at.weekday()) // 7, 2),
    "G": lambda when: _Number(when.at.isocalendar().year, 4),
    "g": lambda when: _Number(when.at.isocalendar().year % 100, 2),
    "V": lambda when: _Number(when.at.isocalendar().week, 2),
    "j": lambda when: _Number(when.at.timetuple().tm_yday, 3),
    "H": lambda when: _Number(when.at.hour, 2),
    "k": lambda when: _Number(when.at.hour, 2, " "),
    "I": lambda when: _Number(_hour12(when), 2),
    "l": lambda when: _Number(_hour12(when), 2, " "),
    "P": lambda when: "am" if when.at.hour < 12 else "pm",
    "p": lambda when: "AM" if when.at.hour < 12 else "PM",
    "M": lambda when: _Number(when.at.minute, 2),
    "S": lambda when: _Number(when.at.second, 2),
    "f": lambda when: f"{when.nanoseconds:09}",
    ".f": lambda when: _fraction(when.nanoseconds),
    "Z": lambda when: when.at.tzname() or "UTC",
    "z": lambda when: _offset_text(when.offset, 0),
    ":z": lambda when: _offset_text(when.offset, 1),
    "::z": lambda when: _offset_text(when.offset, 2),
    ":::z": lambda when: _offset_text(when.offset, 3),
    "#z": lambda when: _offset_text(when.offset, 3),
    "+": iso_text,
    "s": lambda when: str(int(seconds_of(when.at))),
    "t": lambda when: "\t",  # noqa: ARG005 - every field takes the moment
    "n": lambda when: "\n",  # noqa: ARG005 - every field takes the moment
    "%": lambda when: "%",  # noqa: ARG005 - every field takes the moment
}
#: Specifiers that stand for several others.
_COMPOUND: Final = {
    "D": "%m/%d/%y",
    "x": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "v": "%e-%b-%Y",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "r": "%I:%M:%S %p",
    "c": "%a %b %e %H:%M:%S %Y",
}


def format_moment(when: Moment, pattern: str) -> str:
    """A moment by a strftime pattern; an unknown specifier stays as it is."""

    def replaced(found: re.Match[str]) -> str:
        flag, specifier = found[1], found[2]
        if specifier in _COMPOUND:
            return format_moment(when, _COMPOUND[specifier])
        field = _SPECIFIERS.get(specifier)
        if field is None:
            if specifier.endswith("f"):
                digits = f"{when.nanoseconds:09}"[: int(specifier[-2])]
                return f".{digits}" if specifier.startswith(".") else digits
            return found[0]
        made = field(when)
        if isinstance(made, str):
            return made
        fill = {"": made.fill, "-": "", "_": " ", "0": "0"}[flag]
        return str(made.value).rjust(made.width, fill) if fill else str(made.value)

    return _SPECIFIER.sub(replaced, pattern)
