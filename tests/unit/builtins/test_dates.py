"""Dates and durations: builtins.md 14.1."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.builtins.moments import format_moment, iso_text, moment, parse_date
from harnlite.values.types import Duration
from tests.unit.builtins.library_fixture import Library

TOKYO = "Asia/Tokyo"
NEW_YORK = "America/New_York"
LONDON_GAP = {"year": 2024, "month": 3, "day": 31, "hour": 1, "minute": 30}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("date_parse", ("2024-01-15",), "1705276800"),
        ("date_parse", ("2024-01-15 10:30",), "1705314600"),
        ("date_parse", ("2024-01-15T10:30:00Z",), "1705314600"),
        ("date_parse", ("2024-01-15T10:30:00.5+02:00",), "1705307400.5"),
        ("date_parse", ("2024-01-15T10:30:00-05:30",), "1705334400"),
        ("date_parse", ("2024/01/15",), "1705276800"),
        ("date_parse", ("on 2024, 1 of 15",), "1705276800"),
        ("date_parse", ("1969-12-31T23:59:59Z",), "-1"),
        ("date_parse", ("x",), "!! Cannot parse date: x"),
        ("date_parse", ("2024-01",), "!! Cannot parse date: 2024-01"),
        ("date_parse", ("2024-13-01",), "!! Invalid month: 13 (must be 1-12)"),
        ("date_parse", ("2024-01-32",), "!! Invalid day: 32 (must be 1-31)"),
        ("date_parse", ("2024-01-15T25:00",), "!! Invalid hour: 25 (must be 0-23)"),
        ("date_parse", ("2024-01-15T10:61",), "!! Invalid minute: 61 (must be 0-59)"),
        ("date_parse", ("2024-02-30",), "!! Invalid date: 2024-02-30"),
        ("date_format", (0,), "1970-01-01 00:00:00"),
        ("date_format", ({"timestamp": 0}, "%H:%M", TOKYO), "09:00"),
        ("date_format", (0, "%H", "No/Where"), "!! date_format: unknown timezone 'No/Where'"),
        ("date_format", (10**17,), "!! date_format: timestamp 100000000000000000 is out of range"),
        ("date_to_zone", (0, NEW_YORK), "1969-12-31T19:00:00-05:00"),
        ("date_to_zone", (0, "X"), "!! date_to_zone: unknown timezone 'X'"),
        ("date_from_components", ({"year": 2024, "month": 1, "day": 15},), "1705276800"),
        ("date_from_components", ({"year": 2024, "month": 11, "day": 3, "hour": 1}, NEW_YORK), "1730610000"),
        (
            "date_from_components",
            (LONDON_GAP, "Europe/London"),
            "!! date_from_components: local time does not exist in that timezone",
        ),
        ("date_from_components", ({"month": 1},), "!! date_from_components: missing year"),
        ("date_add", (10, Duration(1500)), "11.5"),
        ("date_add", (10, Duration(-2000)), "8"),
        ("date_add", (0.5, Duration(500)), "1"),
        ("date_add", (1e30, Duration(500)), "1000000000000000000000000000000"),
        ("date_diff", (10, 8.5), "1500ms"),
        ("weekday_name", (0,), "Thursday"),
        ("month_name", (0, TOKYO), "January"),
        ("duration_ms", (1500,), "1500ms"),
        ("duration_seconds", (1.5,), "1500ms"),
        ("duration_minutes", (90,), "90m"),
        ("duration_hours", (24,), "24h"),
        ("duration_days", (0.5,), "12h"),
        ("duration_days", (2**60,), "!! Runtime error: duration_days: duration is out of range"),
        ("duration_to_seconds", (Duration(-1500),), "-1"),
        ("duration_to_human", (Duration(90_061_001),), "1d 1h 1m"),
        ("duration_to_human", (Duration(1500),), "1s 500ms"),
        ("duration_to_human", (Duration(0),), "0s"),
        ("duration_to_human", (Duration(-61_000),), "-1m 1s"),
    ],
)
def test_function(name: str, arguments: tuple[Any, ...], expected: str) -> None:
    assert Library().show(name, *arguments) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("%Y %C %y %m %b %B %h %d %e", "2024 20 24 01 Jan January Jan 05  5"),
        ("%a %A %w %u", "Fri Friday 5 5"),
        ("%U %W %G %g %V %j", "00 01 2024 24 01 005"),
        ("%H %k %I %l %P %p %M %S", "15 15 03  3 pm PM 04 09"),
        ("%f %.f %3f %.3f %6f %.9f", "120000000 .120 120 .120 120000 .120000000"),
        ("%Z %z %:z %::z %:::z %#z", "UTC +0000 +00:00 +00:00:00 +00 +00"),
        ("%D|%x|%F|%v", "01/05/24|01/05/24|2024-01-05| 5-Jan-2024"),
        ("%R %T %X %r", "15:04 15:04:09 15:04:09 03:04:09 PM"),
        ("%c", "Fri Jan  5 15:04:09 2024"),
        ("%+ %s %%%t%n", "2024-01-05T15:04:09.120+00:00 1704467049 %\t\n"),
        ("%-d %_d %0e %-m", "5  5 05 1"),
        ("%q %", "%q %"),
    ],
)
def test_format(pattern: str, expected: str) -> None:
    assert format_moment(moment(1704467049.12), pattern) == expected


def test_parts_in_a_zone() -> None:
    assert Library().run("date_in_zone", 0, TOKYO) == {
        "year": 1970, "month": 1, "day": 1, "hour": 9, "minute": 0, "second": 0, "weekday": 4, "timestamp": 0,
        "iso8601": "1970-01-01T09:00:00+09:00", "offset_seconds": 32400, "zone": TOKYO,
    }  # fmt: skip


def test_a_system_without_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    expected = "!! date_to_zone: this system has no time zone data: install harnlite[zones]"
    assert Library().show("date_to_zone", 0, "No/Where") == expected
    assert Library().show("date_to_zone", 0, "UTC") == "1970-01-01T00:00:00+00:00"


def test_now_follows_the_clock() -> None:
    library = Library(start_ms=1_705_314_600_250)
    now = library.run("date_now")
    assert (now["year"], now["weekday"], now["timestamp"]) == (2024, 1, 1_705_314_600.25)
    assert now["iso8601"] == library.run("date_iso") == library.run("date_now_iso") == "2024-01-15T10:30:00.250Z"


@given(st.integers(-60_000_000_000, 250_000_000_000))
def test_texts_come_back(seconds: int) -> None:
    """What is written as RFC 3339 is read as the same moment."""
    assert parse_date(iso_text(moment(seconds))) == seconds


@given(st.text(alphabet="0123456789-/T:Z+. "))
def test_any_text_is_a_date_or_a_clear_error(text: str) -> None:
    shown = Library().show("date_parse", text)
    assert not shown.startswith("!!") or shown.startswith(("!! Invalid ", "!! Cannot parse date: "))
