"""What instruments are told (docs/architecture.md, section 4)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from harnlite.builtins.registry import Registry
from harnlite.host import Host
from harnlite.translator.instance import TranslatedInstance
from harnlite.translator.load import load as load_translated
from harnlite.values.display import display
from harnlite.values.errors import GuestError
from harnlite.vm.instruments import Instrument, Step
from harnlite.vm.interpreter import load as load_interpreted
from harnlite.vm.machine import Vm
from tests.property.generator import generate
from tests.two_tiers import compile_unchecked
from tests.unit.vm.vm_support import Run


class Recorder(Instrument):
    """Writes down every event as text."""

    def __init__(self, *, calls: bool = False, instructions: bool = False) -> None:
        self.wants_calls = calls
        self.wants_instructions = instructions
        self.events: list[str] = []

    def instruction(self, step: Step) -> None:
        self.events.append(f"line {step.line} {step.variables()}")

    def called(self, step: Step) -> None:
        self.events.append(f"{step.depth} {step.code.name} {step.variables()}")

    def returned(self, step: Step, value: Any) -> None:
        self.events.append(f"{step.depth} {step.code.name} gives {display(value)}")

    def failed(self, error: GuestError, caught: bool) -> None:
        self.events.append(f"{'caught' if caught else 'passed on'} {error.message}")

    def printed(self, task: Any, text: str) -> None:
        self.events.append(f"{task.id} prints {text!r}")

    def task_started(self, task: Any) -> None:
        self.events.append(f"start {task.id}")

    def task_parked(self, task: Any) -> None:
        self.events.append(f"park {task.id} for {task.waiting_for}")

    def task_woken(self, task: Any) -> None:
        self.events.append(f"wake {task.id}")

    def task_done(self, task: Any) -> None:
        self.events.append(f"done {task.id}")

    def channel_sent(self, channel: Any, value: Any) -> None:
        self.events.append(f"{channel.name} takes {value}")

    def channel_received(self, channel: Any, value: Any) -> None:
        self.events.append(f"{channel.name} gives {value}")

    def channel_closed(self, channel: Any) -> None:
        self.events.append(f"{channel.name} closes")

    def clock_moved(self, wall_ms: int) -> None:
        self.events.append(f"clock {wall_ms if wall_ms < 10_000 else 'real'}")

    def noted(self, kind: str, data: Any) -> None:
        self.events.append(f"{kind} {data}")


def record(text: str, **options: bool) -> list[str]:
    run = Run()
    recorder = Recorder(**options)
    run.vm.install(recorder)
    run.sync(text)
    return recorder.events


def test_tasks_and_channels() -> None:
    text = 'let q = channel("q")\nlet h = spawn { send(q, 1)\n close_channel(q) }\nprintln(receive(q))\nawait(h)'
    assert record(text) == [
        "start task_root:spawn:1",
        "park task_root for a value on a channel",
        "q takes 1",
        "wake task_root",
        "q closes",
        "done task_root:spawn:1",
        "q gives 1",
        "task_root prints '1\\n'",
        "done task_root",
    ]


def test_calls_and_returns() -> None:
    text = "fn g(x) { return x + 1 }\nfn f(x) { return g(x) }\nlet r = f(1)"
    assert record(text, calls=True) == [
        "0 pipeline {'g': None, 'f': None, 'r': None}",
        "1 f {'x': 1}",
        "1 f gives <fn(x)>",
        "1 g {'x': 1}",
        "1 g gives 2",
        "0 pipeline gives nil",
        "done task_root",
    ]


def test_instructions_show_lines_and_variables() -> None:
    events = record("var n = 0\nwhile n < 2 {\n  n = n + 1\n}", instructions=True)
    shown = list(dict.fromkeys(event for event in events if event.startswith("line")))
    assert shown == [
        "line 1 {'n': None}",
        "line 2 {'n': 0}",
        "line 3 {'n': 0}",
        "line 3 {'n': 1}",
        "line 2 {'n': 1}",
        "line 3 {'n': 2}",
        "line 2 {'n': 2}",
    ]


def test_instruments_do_not_change_what_a_program_does() -> None:
    text = "fn f(n) { if n == 0 { return [] }\nvar xs = f(n - 1)\nxs = xs.push(n)\nreturn xs }\nprintln(f(4))"
    plain = Run().lines(text)
    run = Run()
    run.vm.install(Recorder(calls=True, instructions=True))
    assert run.lines(text) == plain


def test_errors() -> None:
    text = "try { [1].map({ x -> throw 5 }) } catch (e) { }"
    assert record(text) == ["passed on ", "caught ", "done task_root"]


def test_clock_and_notes() -> None:
    run = Run()
    recorder = Recorder()
    run.vm.install(recorder)
    run.sync("mock_time(5)\nadvance_time(2)\nunmock_time()")
    run.vm.note("lifecycle", "end")
    assert recorder.events == ["clock 5", "clock 7", "clock real", "done task_root", "lifecycle end"]


def test_instruments_are_installed_before_a_run() -> None:
    run = Run()
    run.add("install() -> nil", lambda vm: vm.install(Recorder()))
    with pytest.raises(RuntimeError, match="before a run"):
        run.sync("install()")


class Onlooker(Recorder):
    """Sees all that both tiers tell."""

    failed = Instrument.failed


def onlooked(text: str, tier: Any) -> list[str]:
    """What an onlooker sees of a run, and whether the run was one of translated code."""
    pieces: list[str] = []
    vm = Vm(Host(pieces.append, pieces.append), Registry(), code_loader=tier)
    onlooker = Onlooker()
    vm.install(onlooker)
    chunk = compile_unchecked(text)
    assert isinstance(vm.load(chunk), TranslatedInstance) is (tier is load_translated)
    with contextlib.suppress(GuestError):
        vm.execute_sync(chunk)
    return onlooker.events


@pytest.mark.parametrize("seed", [2, 58, 60, 120, 144])
def test_both_tiers_tell_the_same(seed: int) -> None:
    text = generate(seed)
    events = onlooked(text, load_interpreted)
    assert events == onlooked(text, load_translated)
    assert len(events) > 5


@pytest.mark.parametrize(
    ("instrument", "interprets"),
    [
        (Instrument(), False),
        (Onlooker(), False),
        (Onlooker(calls=True), True),
        (Onlooker(instructions=True), True),
        (Recorder(), True),
    ],
)
def test_who_needs_the_interpreter(instrument: Instrument, interprets: bool) -> None:
    vm = Vm(Host(), Registry(), code_loader=load_translated)
    vm.install(instrument)
    assert isinstance(vm.load(compile_unchecked("println(1)")), TranslatedInstance) is not interprets
