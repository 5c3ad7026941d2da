"""The parts of the lifecycle that need no run: summaries, counts, controls, reminders, patterns."""

from __future__ import annotations

from typing import Any

import pytest

from harnlite.lifecycle.hook_controls import parse_hook_return
from harnlite.lifecycle.hook_patterns import pattern_matches
from harnlite.lifecycle.hooks import SESSION_EVENTS, session_event
from harnlite.lifecycle.reminders import parse_reminder
from harnlite.lifecycle.snapshot import UnsettledSnapshot, count_items, counts, summary
from harnlite.lifecycle.state import payload_summary
from harnlite.runtime.agent_sessions import AgentSession, ReminderSpec
from harnlite.runtime.hook_port import ALLOW, Block, Decision, Modify
from harnlite.values.errors import GuestError
from harnlite.values.types import Duration


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (None, "nil"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (-2.5, "-2.5"),
        (3.0, "3.0"),
        ("", ""),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 80 + "..."),
        ([], "list(len=0)"),
        ([1, [2]], "list(len=2)"),
        ({}, "object(keys=)"),
        ({"b": 1, "a": 2}, "object(keys=a,b)"),
        (dict.fromkeys("fedcba"), "object(keys=a,b,c,d,e,f)"),
        (dict.fromkeys("gfedcba"), "object(keys=a,b,c,d,e,f,...)"),
    ],
)
def test_payload_summary(payload: Any, text: str) -> None:
    assert payload_summary(payload) == text


def test_summary_names_all_five_buckets_or_none() -> None:
    nothing = dict.fromkeys(("suspended", "queued", "partial", "in_flight", "pool_pending"), 0)
    assert summary(nothing) == "no unsettled work"
    assert summary({**nothing, "partial": 1, "pool_pending": 2}) == (
        "unsettled work: 0 suspended subagents, 0 queued triggers, 1 partial handoffs, "
        "0 in-flight llm calls, 2 pool pending tasks"
    )


def test_snapshot_gives_fresh_lists() -> None:
    item = {"id": "x"}
    snapshot = UnsettledSnapshot([], [item], [], [], [])
    snapshot.to_json()["queued_triggers"].clear()
    assert snapshot.to_json()["queued_triggers"] == [item]
    assert not snapshot.is_empty
    assert snapshot.counts()["queued"] == 1


def test_counts_of_a_given_state() -> None:
    assert counts({"queued_triggers": [1, 2], "other": 5})["queued"] == 2
    assert counts({})["suspended"] == 0
    for wrong, name in (("x", "string"), (None, "nil"), (5, "int")):
        with pytest.raises(GuestError) as caught:
            counts({"queued_triggers": wrong})
        assert caught.value.message == f"unsettled-state field `queued_triggers` must be a list, got {name}"
    assert count_items({"queued_triggers": "x", "partial_handoffs": [1]}) == {
        "suspended": 0,
        "queued": 0,
        "partial": 1,
        "in_flight": 0,
        "pool_pending": 0,
    }
    assert not any(count_items(None).values())


@pytest.mark.parametrize(
    ("value", "control"),
    [
        (None, ALLOW),
        (True, ALLOW),
        (False, Block("PreFinish hook returned false")),
        ({}, ALLOW),
        ({"note": 1}, ALLOW),
        ({"block": True}, Block("PreFinish hook blocked the operation")),
        ({"block": "yes", "reason": None}, Block("nil")),
        ({"block": 1, "reason": ["a", 2]}, Block("[a, 2]")),
        ({"block": 1, "modify": 2}, Block("PreFinish hook blocked the operation")),
        ({"block": None, "modify": {"d": Duration(30_000)}}, Modify({"d": "30s"})),
        ({"block": 0}, ALLOW),
        ({"block": 0.0}, ALLOW),
        ({"block": ""}, ALLOW),
        ({"block": []}, ALLOW),
        ({"block": {}}, ALLOW),
        ({"modify": None}, Modify(None)),
        ({"decision": " Deny ", "block": True}, Decision("deny")),
        ({"decision": "ask", "reason": 5}, Decision("ask", "5")),
        ({"then": {"block": True}}, Block("PreFinish hook blocked the operation")),
    ],
)
def test_controls(value: Any, control: Any) -> None:
    assert parse_hook_return("PreFinish", value) == (control, [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "PreFinish hook must return nil, bool, or a control dict; got int"),
        ("no", "PreFinish hook must return nil, bool, or a control dict; got string"),
        ([], "PreFinish hook must return nil, bool, or a control dict; got list"),
        ([1], "PreFinish hook must return nil, bool, or a control dict; got list"),
        ({"decision": "maybe"}, 'PreFinish hook `decision` must be "allow", "deny", or "ask"; got "maybe"'),
        ({"decision": 5}, 'PreFinish hook `decision` must be "allow", "deny", or "ask"; got "5"'),
        (
            {"reminder": {"body": "b", "typo_key": 1, "another": 2}},
            "PreFinish hook reminder: HARN-RMD-001: unknown reminder option(s): another, typo_key",
        ),
        (
            {"reminder": {"body": "b", "propagate": "far"}},
            "PreFinish hook reminder: HARN-RMD-005: `propagate` must be one of all, session, or none",
        ),
        ({"reminder": 5}, "PreFinish hook reminder: a reminder must be a dict, got int"),
        ({"reminder": {"body": " "}}, "PreFinish hook reminder: `body` must be a non-empty string"),
        ({"reminder": {"body": "b", "ttl_turns": 0}}, "PreFinish hook reminder: `ttl_turns` must be a positive int"),
        ({"effects": [{"body": "b", "tags": 5}]}, "PreFinish hook reminder: `tags` must be a list of strings"),
        (
            {"effects": {"type": "reminder", "spec": {"body": "b", "role_hint": "x"}}},
            "PreFinish hook reminder: `role_hint` must be one of system, developer, user_block, or ephemeral_cache",
        ),
    ],
)
def test_malformed_returns(value: Any, message: str) -> None:
    with pytest.raises(GuestError) as caught:
        parse_hook_return("PreFinish", value)
    assert caught.value.kind == "runtime"
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("value", "control", "bodies"),
    [
        ({"reminder": {"body": "a"}}, ALLOW, ["a"]),
        ({"reminder": {"body": "a"}, "block": True, "reason": "r"}, Block("r"), ["a"]),
        ({"reminder": {"body": "a"}, "then": False}, Block("PreFinish hook returned false"), ["a"]),
        ({"reminder": {"body": "a"}, "note": 1}, ALLOW, ["a"]),
        ({"effects": {"reminder": {"body": "a"}}}, ALLOW, ["a"]),
        ({"effects": [{"kind": "reminder", "spec": {"body": "a"}}, {"body": "b"}]}, ALLOW, ["a", "b"]),
        ({"body": "a"}, ALLOW, ["a"]),
        ({"body": "a", "block": True}, Block("PreFinish hook blocked the operation"), []),
        ([{"body": "a"}, {"reminder": {"body": "b"}}], ALLOW, ["a", "b"]),
    ],
)
def test_reminders_beside_controls(value: Any, control: Any, bodies: list[str]) -> None:
    found, reminders = parse_hook_return("PreFinish", value)
    assert found == control
    assert [reminder.body for reminder in reminders] == bodies


def test_reminder_defaults() -> None:
    assert parse_reminder("p", {"body": "b"}) == ReminderSpec("b", (), None, None, False, "session", "system")


def test_reminders_live_for_their_turns_and_replace_each_other() -> None:
    session = AgentSession("s")
    session.remind(ReminderSpec("once", ttl_turns=1))
    session.remind(ReminderSpec("twice", ttl_turns=2))
    assert session.remind(ReminderSpec("first", dedupe_key="k")) == 0
    assert session.remind(ReminderSpec("always", dedupe_key="k")) == 1
    shown = [[reminder.body for reminder in session.next_turn()] for _ in range(3)]
    assert shown == [["once", "twice", "always"], ["twice", "always"], ["always"]]


def test_reminders_for_all_reach_the_sessions_around() -> None:
    outer = AgentSession("outer")
    AgentSession("inner", outer).remind(ReminderSpec("b", propagate="all"))
    AgentSession("inner", outer).remind(ReminderSpec("c"))
    assert [reminder.body for reminder in outer.next_turn()] == ["b"]


PAYLOAD = {
    "event": "PreFinish",
    "return_value": "out",
    "has_on_finish": False,
    "n": 3,
    "null": None,
    "unsettled": {"queued_triggers": [], "partial_handoffs": [1]},
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("", True),
        ("*", True),
        ("event == 'PreFinish'", True),
        ('event == "PreFinish"', True),
        ("event == PreFinish", True),
        ("event != 'PreFinish'", False),
        ("event != other", True),
        ("return_value =~ '^o.t$'", True),
        ("return_value =~ u", True),
        ("return_value =~ '['", False),
        ("has_on_finish == false", True),
        ("n == 3", True),
        ("null == null", True),
        ("missing == ''", True),
        ("missing.deeper != x", True),
        ("unsettled.queued_triggers", False),
        ("unsettled.partial_handoffs", True),
        ("plain_name", False),
        ("return_value =~ '(a+)+$'", False),
    ],
)
def test_patterns(pattern: str, matches: bool) -> None:
    assert pattern_matches(pattern, PAYLOAD) is matches


@pytest.mark.parametrize(
    ("pattern", "payload", "matches"),
    [
        ("src/*.py", {"target": "src/a.py"}, True),
        ("src/*.py", {"target": "doc/a.py"}, False),
        ("tool.name == 'read'", {"target": "x", "tool": {"name": "read"}}, True),
        ("re*", {"tool": {"name": "read"}}, True),
        ("re*", {"tool": {"name": "write"}}, False),
        ("a.b", "just a string", False),
    ],
)
def test_patterns_on_targets_and_tools(pattern: str, payload: Any, matches: bool) -> None:
    assert pattern_matches(pattern, payload) is matches


@pytest.mark.parametrize(
    ("written", "event"),
    [
        ("PreFinish", "PreFinish"),
        (" pre_finish\n", "PreFinish"),
        ("on_unsettled_detected", "OnUnsettledDetected"),
        ("error", "SessionError"),
        ("session_error", "SessionError"),
        ("prefinish", None),
        ("PreToolUse", None),
        ("PreStep", None),
        ("", None),
    ],
)
def test_event_names(written: str, event: str | None) -> None:
    assert session_event(written) == event


def test_every_event_has_both_spellings() -> None:
    for event in SESSION_EVENTS:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in event).lstrip("_")
        assert session_event(snake) == session_event(event) == event
