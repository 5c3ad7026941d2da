"""The text that record hashes are taken over."""

from __future__ import annotations

from typing import Any

import pytest

from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.runtime.event_log.port import StoredEvent
from harnlite.runtime.event_log.provenance import record_hash, verify_chain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (12345678901234568.0, "1.2345678901234568e+16"),
        (1e-05, "0.00001"),
        (-1.5e-05, "-0.000015"),
        (1e-06, "1e-6"),
        (1.2e-06, "1.2e-6"),
        (1e-07, "1e-7"),
        (-0.0, "-0.0"),
        (1 / 3, "0.3333333333333333"),
        (1.8446744073709552e19, "1.8446744073709552e+19"),
        (0.0001, "0.0001"),
        (5e-324, "5e-324"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
        (2.0, "2.0"),
        (-7, "-7"),
        ('1e-05 "é"\n\x1f\x7f', '"1e-05 \\"é\\"\\n\\u001f\x7f"'),
        ({"b": 1e-05, "a": [True, None, "x,y", {}], "é": []}, '{"a":[true,null,"x,y",{}],"b":0.00001,"é":[]}'),
        ([], "[]"),
    ],
)
def test_text(value: Any, text: str) -> None:
    assert canonical_json(value) == text


def test_depth_is_no_limit() -> None:
    value: Any = 1e-07
    for _ in range(20_000):
        value = [value]
    assert canonical_json(value) == "[" * 20_000 + "1e-7" + "]" * 20_000


VECTOR = [
    StoredEvent(
        "pipeline.lifecycle.audit",
        1,
        "lifecycle_audit",
        {"kind": "note", "payload": {"a": 1}, "pipeline_id": None, "seq": 1},
        {
            "harn.provenance.record_hash": "sha256:6d93c8918ea326aeb7880eabd20449febe712719ddca4a62d82cacedfc56c947",
            "harn.provenance.schema": "harn-eventlog-provenance-v1",
            "kind": "note",
            "seq": "1",
        },
        1795363547251,
    ),
    StoredEvent(
        "pipeline.lifecycle.audit",
        2,
        "lifecycle_audit",
        {"kind": "pipeline_finalized", "payload": {"disposition": "done"}, "pipeline_id": None, "seq": 3},
        {
            "harn.provenance.prev_hash": "sha256:6d93c8918ea326aeb7880eabd20449febe712719ddca4a62d82cacedfc56c947",
            "harn.provenance.record_hash": "sha256:f655537c8e0f9ddce91f2ffca5a4eff7b9c686034c43f9ab0095287791b471c8",
            "harn.provenance.schema": "harn-eventlog-provenance-v1",
            "kind": "pipeline_finalized",
            "seq": "3",
        },
        1795363547251,
    ),
]


def test_records_of_the_reference_verify() -> None:
    assert list(verify_chain(VECTOR)) == []


@pytest.mark.parametrize(
    ("events", "problems"),
    [
        ([VECTOR[0]._replace(kind="other")], ["does not match its record hash"]),
        ([VECTOR[0]._replace(payload={})], ["does not match its record hash"]),
        ([VECTOR[0]._replace(headers={})], ["has no record hash"]),
        ([VECTOR[0], VECTOR[1]._replace(event_id=3)], ["does not match", "follows record 1: records are missing"]),
        ([VECTOR[1]._replace(event_id=1)], ["does not match", "is the first record but names one before it"]),
        ([VECTOR[1]], []),
        (
            [VECTOR[0]._replace(headers={**VECTOR[0].headers, "harn.provenance.record_hash": "sha256:0"}), VECTOR[1]],
            ["does not match", "does not name the record before it"],
        ),
    ],
)
def test_changes_show(events: list[StoredEvent], problems: list[str]) -> None:
    found = [fault.problem for fault in verify_chain(events)]
    assert len(found) == len(problems)
    for fault, problem in zip(found, problems, strict=True):
        assert problem in fault


def test_hash_depends_on_every_part() -> None:
    base = ("t", 1, "k", "{}", '{"h":"v"}', 5)
    variants = [
        base,
        ("u", *base[1:]),
        ("t", 2, *base[2:]),
        ("t", 1, "l", *base[3:]),
        ("t", 1, "k", "[]", *base[4:]),
        ("t", 1, "k", "{}", '{"h":"w"}', 5),
        ("t", 1, "k", "{}", '{"h":"v"}', 6),
    ]
    assert len({record_hash(*variant) for variant in variants}) == len(variants)
