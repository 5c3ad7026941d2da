"""The embedding interface: running, compiling, builtins of the embedder, finish callbacks, errors, conversions."""

from __future__ import annotations

import datetime
import enum
import io
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

import harnlite

FINISHING = """
pipeline default() {
  pipeline_on_finish({ harness, value ->
    harness.emit_audit("closing", {value: value})
    harness.handoff_to("review", [value])
    harness.finalize("done")
    return value * 2
  })
  println("body")
  return 21
}
"""


class Colour(str, enum.Enum):  # noqa: UP042 - that it is no StrEnum is the point
    """Text by inheritance, as enumerations were written before StrEnum."""

    RED = "red"


class Ratio(float):
    """A float by inheritance, as those of numpy are."""


class Raw(bytes):
    """Bytes by inheritance."""


@pytest.fixture(params=["fast", "interpreter"])
def tier(request: pytest.FixtureRequest) -> str:
    """Both tiers."""
    return str(request.param)


def test_run_gives_value_output_and_lifecycle(tier: str) -> None:
    """What the finish callback did is readable afterwards."""
    result = harnlite.run(FINISHING, tier=tier)
    assert result.value == 42
    assert result.output == "body\n"
    assert [entry["kind"] for entry in result.audit_log] == ["closing", "pipeline_finalized"]
    assert [(envelope["to"], envelope["payload"]) for envelope in result.handoffs] == [("review", [21])]
    assert result.disposition == "done"
    assert result.exit_code is None


def test_a_path_means_a_file_and_imports_start_beside_it(tmp_path: Path, tier: str) -> None:
    """The text of a string is a program; a Path is read."""
    (tmp_path / "helper.harn").write_text("pub fn twice(x) { return x * 2 }\n", encoding="utf-8")
    main = tmp_path / "main.harn"
    main.write_text('import "./helper"\npipeline default() { return twice(4) }\n', encoding="utf-8")
    assert harnlite.run(main, tier=tier).value == 8


def test_output_can_be_streamed() -> None:
    """Each piece is handed over when it is printed."""
    pieces: list[str] = []
    result = harnlite.run('println("a")\nprint("b")', output=pieces.append)
    assert "".join(pieces) == "a\nb"
    assert result.output == ""


@pytest.mark.parametrize(
    ("value", "text", "back"),
    [
        (None, "nil", None),
        (True, "true", True),
        (7, "7", 7),
        (2.0, "2.0", 2.0),
        ("é", "é", "é"),
        (b"hi", 'b"6869"', b"hi"),
        ((1, [2]), "[1, [2]]", [1, [2]]),
        ({"b": 1, 2: "x"}, "{2: x, b: 1}", {"2": "x", "b": 1}),
        ({3}, "set(3)", {3}),
        (range(1, 4), "1 to 4 exclusive", range(1, 4)),
        (datetime.timedelta(seconds=90), "90s", datetime.timedelta(seconds=90)),
        (Colour.RED, "red", "red"),
        (signal.Signals.SIGINT, "2", 2),
        (Ratio(1.5), "1.5", 1.5),
        (Raw(b"hi"), 'b"6869"', b"hi"),
    ],
)
def test_values_cross_the_border_both_ways(value: Any, text: str, back: Any) -> None:
    """The table of harnlite.values.conversion."""
    source = "pipeline default() { let v = given()\nprint(v)\nreturn v }"
    result = harnlite.run(source, builtins={"given() -> any": lambda: value})
    assert result.output == text
    assert result.value == back
    assert type(result.value) is type(back)


@pytest.mark.parametrize("value", [2**63, object(), "\ud800", {"\ud800": 1}, range(0, 9, 2)])
def test_values_without_a_guest_form_are_the_scripts_error(value: object) -> None:
    """The script sees a run-time error that names the function; nothing crashes."""
    result = harnlite.run("pipeline default() { return try { given() } }", builtins={"given() -> any": lambda: value})
    assert "given: ConversionError" in result.value.fields[0]


def test_a_value_that_holds_itself_is_refused() -> None:
    """A cyclic list ends in an error, not in a hang."""
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    with pytest.raises(harnlite.ScriptError, match="nested deeper"):
        harnlite.run("given()", builtins={"given() -> any": lambda: cyclic})


def test_builtins_are_checked_by_their_signature(tier: str) -> None:
    """A wrong argument never reaches the Python function, and is a static error where it is known."""
    calls: list[int] = []
    builtins: dict[str, Callable[..., Any]] = {"price(count: int) -> int": lambda count: calls.append(count) or 3}
    program = 'fn id(x) { return x }\nprintln(try { price(id("two")) })\nprintln(price(2))'
    result = harnlite.run(program, builtins=builtins, tier=tier)
    assert result.output == "Result.Err(Type error: 'price' parameter `count` expects int, got string)\n3\n"
    assert calls == [2]
    with pytest.raises(harnlite.ProgramRefusedError, match="expected int, found string"):
        harnlite.run('price("two")', builtins=builtins)


def test_an_exception_of_a_builtin_is_a_run_time_error(tier: str) -> None:
    """The script can catch it; its text names function and exception."""
    result = harnlite.run(
        "pipeline default() { return try { broken() } }", builtins={"broken() -> any": lambda: 1 / 0}, tier=tier
    )
    assert "broken: ZeroDivisionError: division by zero" in result.value.fields[0]


def test_asynchronous_builtins_run_from_plain_code(tier: str) -> None:
    """trio starts by itself at the first wait."""

    async def lookup(name: str) -> dict[str, Any]:
        await trio.sleep(0.001)
        return {"name": name}

    result = harnlite.run('println(lookup("ada").name)', builtins={"lookup(name: string) -> dict": lookup}, tier=tier)
    assert result.output == "ada\n"


def test_the_embedder_may_pass_the_finish_callback(tier: str) -> None:
    """It gets the harness and the value; what it returns is the final value."""
    seen: list[Any] = []

    def finish(harness: Any, value: Any) -> Any:
        seen.append(value)
        return value + 1

    assert harnlite.run("pipeline default() { return 1 }", on_finish=finish, tier=tier).value == 2
    assert seen == [1]


def test_a_scripts_own_registration_replaces_the_embedders() -> None:
    """The slot is filled before the body runs, and the last write wins."""
    result = harnlite.run(FINISHING, on_finish=lambda _harness, _value: "never")
    assert result.value == 42


def test_an_asynchronous_finish_callback_is_awaited() -> None:
    """A coroutine function will do."""

    async def finish(_harness: Any, value: Any) -> Any:
        await trio.sleep(0)
        return value + 1

    assert harnlite.run("pipeline default() { return 1 }", on_finish=finish).value == 2


def test_an_uncaught_error_carries_the_state_that_was_cleared(tier: str) -> None:
    """Audits and handoffs of the failed run are on the error; the VM itself has none left."""
    program = harnlite.compile('harness.emit_audit("before", 1)\nharness.handoff_to("x", 2)\nthrow {code: 7}')
    vm = harnlite.Vm(tier=tier)
    with pytest.raises(harnlite.ScriptError) as caught:
        vm.execute_sync(program)
    error = caught.value
    assert error.kind == "thrown"
    assert error.value == {"code": 7}
    assert [entry["kind"] for entry in error.audit_log] == ["before"]
    assert [envelope["to"] for envelope in error.handoffs] == ["x"]
    assert error.trace[0].line == 3
    assert vm.audit_log == []
    assert vm.handoffs == []


def test_after_success_the_state_stays_until_reset() -> None:
    """And a second execution continues the sequence, as on one thread of the reference."""
    program = harnlite.compile('harness.emit_audit("note", 1)')
    vm = harnlite.Vm()
    vm.execute_sync(program)
    vm.execute_sync(program)
    assert [entry["seq"] for entry in vm.audit_log] == [1, 2]
    vm.reset()
    assert vm.audit_log == []
    vm.execute_sync(program)
    assert [entry["seq"] for entry in vm.audit_log] == [1]


def test_exit_ends_the_run_not_the_process() -> None:
    """exit(n) is a result with that code."""
    result = harnlite.run('println("a")\nexit(3)\nprintln("b")')
    assert result.exit_code == 3
    assert result.output == "a\n"


def test_a_refused_program_says_why_with_place() -> None:
    """The diagnostics are data, the text is what the command line shows."""
    with pytest.raises(harnlite.ProgramRefusedError) as caught:
        harnlite.compile("let = 3\nlet b = )")
    assert [one.code for one in caught.value.diagnostics] == ["HARN-PAR-001", "HARN-PAR-001"]
    assert "<string>:1:5" in str(caught.value)


def test_sync_running_inside_trio_is_refused_clearly() -> None:
    """Where the two worlds are mixed up the message says what to do."""

    async def main() -> None:
        harnlite.run("println(1)")

    with pytest.raises((harnlite.UsageError, ExceptionGroup)) as caught:
        trio.run(main)
    assert "await" in repr(caught.value)


def test_execute_outside_trio_is_refused_clearly() -> None:
    """The other way round."""
    coroutine = harnlite.Vm().execute(harnlite.compile("println(1)"))
    with pytest.raises(harnlite.UsageError, match="trio"):
        coroutine.send(None)


def test_a_busy_vm_refuses_a_second_run() -> None:
    """One execution at a time."""

    async def pause() -> None:
        await trio.sleep(0.01)

    async def main() -> None:
        builtins = {"pause() -> nil": pause}
        vm = harnlite.Vm(builtins=builtins)
        program = harnlite.compile("pause()", builtins=builtins)
        refused: list[bool] = []

        async def second() -> None:
            await trio.sleep(0)
            with pytest.raises(harnlite.BusyError):
                await vm.execute(program)
            refused.append(True)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(vm.execute, program)
            nursery.start_soon(second)
        assert refused

    trio.run(main)


def test_an_embedded_script_touches_nothing_outside(tmp_path: Path) -> None:
    """Without a policy: no files and no processes; with one: what it allows."""
    file = tmp_path / "note.txt"
    file.write_text("secret", encoding="utf-8")
    text = f'pipeline default() {{ return try {{ read_file("{file}") }} }}'
    assert "tool_rejected" in harnlite.run(text).value.fields[0]
    allowed = harnlite.run(text, policy=harnlite.Policy(read=[str(tmp_path)]))
    assert allowed.value.fields[0] == "secret"
    assert "tool_rejected" in harnlite.run('pipeline default() { return try { shell("ls") } }').value.fields[0]


def test_an_embedded_script_reads_only_the_input_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Input given for the script is read whatever the policy says; the process's is read when the policy allows it."""
    text = "pipeline default() { return try { [read_line(), read_stdin(), is_stdin_tty()] } }"
    given = harnlite.run(text, standard_input="one\r\ntwo\nthree").value
    assert given.fields[0] == ["one", "two\nthree", False]
    assert harnlite.run(text, standard_input="").value.fields[0] == [None, "", False]

    monkeypatch.setattr("sys.stdin", io.StringIO("secret\nrest"))
    refused = harnlite.run(text).value
    assert refused.fields[0] == "Error [tool_rejected]: the sandbox policy does not allow reading standard input"
    allowed = harnlite.run(text, policy=harnlite.Policy(standard_input=True)).value
    assert allowed.fields[0] == ["secret", "rest", False]


def test_captured_output_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an embedder captures has no colours in it, wherever the embedder itself writes."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    result = harnlite.run('pipeline default() { println(color("x", "red")); return is_stdout_tty() }')
    assert (result.output, result.value) == ("x\n", False)


def test_mocked_input_needs_no_leave() -> None:
    """``mock_stdin`` stands in front of the policy too."""
    text = 'mock_stdin("a\\nb"); let first = read_line(); unmock_stdin(); return [first, try { read_line() }]'
    first, second = harnlite.run(f"pipeline default() {{ {text} }}").value
    assert first == "a"
    assert "tool_rejected" in second.fields[0]


def test_public_names_are_importable_and_documented() -> None:
    """Everything in __all__ is there and has a docstring."""
    for name in harnlite.__all__:
        assert getattr(harnlite, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        harnlite.nope  # noqa: B018 - the access is the test
