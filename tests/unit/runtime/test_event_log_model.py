"""Both adapters do what a plain list does, whatever is asked of them in whatever order."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import EventLog, LogEvent
from harnlite.runtime.event_log.provenance import verify_chain
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from tests.generated import examples

TOPICS = st.sampled_from(["a", "b.c-d_1"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


class Model(RuleBasedStateMachine):
    """A topic is a list of ``(number, payload)``; a number is given out once."""

    @initialize()
    def begin(self) -> None:
        self.directory = TemporaryDirectory()
        self.logs: list[EventLog] = [MemoryEventLog(), SqliteEventLog(str(Path(self.directory.name) / "log.sqlite"))]
        self.records: dict[str, list[tuple[int, Any]]] = {}
        self.heads: dict[str, int] = {}
        self.keys: dict[tuple[str, str], int] = {}
        self.cursors: dict[str, int] = {}

    def add(self, topic: str, payload: Any) -> int:
        number = self.heads[topic] = self.heads.get(topic, 0) + 1
        self.records.setdefault(topic, []).append((number, payload))
        return number

    @rule(topic=TOPICS, payload=JSON)
    def append(self, topic: str, payload: Any) -> None:
        number = self.add(topic, payload)
        assert [log.append(topic, LogEvent("k", payload, {}, 5)) for log in self.logs] == [number] * 2

    @rule(topic=TOPICS, payload=JSON, value=st.sampled_from(["x", "y"]))
    def append_once(self, topic: str, payload: Any, value: str) -> None:
        inserted = (topic, value) not in self.keys
        if inserted:
            self.keys[topic, value] = self.add(topic, payload)
        for log in self.logs:
            done = log.append_idempotent_by_header(topic, "h", value, LogEvent("k", payload, {}, 5))
            assert (done.event.event_id, done.inserted) == (self.keys[topic, value], inserted)

    @rule(topic=TOPICS, after=st.none() | st.integers(0, 12), limit=st.integers(0, 5))
    def read(self, topic: str, after: int | None, limit: int) -> None:
        expected = [record for record in self.records.get(topic, []) if record[0] > (after or 0)][:limit]
        for log in self.logs:
            assert [(event.event_id, event.payload) for event in log.read_range(topic, after, limit)] == expected

    @rule(topic=TOPICS, before=st.integers(0, 12))
    def compact(self, topic: str, before: int) -> None:
        records = self.records.get(topic, [])
        kept = [record for record in records if record[0] > before]
        if topic in self.records:
            self.records[topic] = kept
        self.keys = {key: number for key, number in self.keys.items() if key[0] != topic or number > before}
        for log in self.logs:
            report = log.compact(topic, before)
            assert (report.removed, report.remaining) == (len(records) - len(kept), len(kept))
            assert report.latest == self.heads.get(topic)

    @rule(topic=TOPICS, cursor=st.integers(0, 99))
    def acknowledge(self, topic: str, cursor: int) -> None:
        self.cursors[topic] = cursor
        for log in self.logs:
            log.ack(topic, "me", cursor)

    @rule()
    def open_again(self) -> None:
        for log in self.logs:
            log.close()

    @invariant()
    def agree(self) -> None:
        for log in getattr(self, "logs", ()):
            assert log.topics() == sorted(self.heads)
            for topic in ("a", "b.c-d_1"):
                assert log.latest(topic) == self.heads.get(topic)
                assert log.consumer_cursor(topic, "me") == self.cursors.get(topic)
                assert list(verify_chain(log.read_range(topic))) == []

    def teardown(self) -> None:
        if hasattr(self, "logs"):
            for log in self.logs:
                log.close()
            self.directory.cleanup()


TestModel = Model.TestCase
TestModel.settings = settings(examples(25), stateful_step_count=20)
