"""How an execution ends for the embedder: exit codes, limits, cancelling, exceptions of the embedder's own functions."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

import harnlite

ENDLESS = 'harness.emit_audit("begun", 1)\nwhile true { }'
WAITING = 'harness.emit_audit("begun", 1)\nsleep(60s)'


@pytest.fixture(params=["fast", "interpreter"])
def tier(request: pytest.FixtureRequest) -> str:
    """Both tiers."""
    return str(request.param)


def test_every_exception_of_ours_has_one_base() -> None:
    """The hierarchy of docs/embedding.md."""
    for name in harnlite.__all__:
        thing = getattr(harnlite, name)
        if isinstance(thing, type) and issubclass(thing, BaseException):
            assert issubclass(thing, harnlite.HarnliteError), name
    for ending in (harnlite.ScriptError, harnlite.LimitError, harnlite.RunCancelledError):
        assert issubclass(ending, harnlite.RunFailedError)


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        (ENDLESS, {"time_limit": 0.05}, "the time limit of 0.05 s is reached"),
        (WAITING, {"time_limit": 0.05}, "the time limit of 0.05 s is reached"),
        (ENDLESS, {"fuel": 100}, "the limit of 100 loop turns and calls is reached"),
        (
            'harness.emit_audit("begun", 1)\nwhile true { println("12345") }',
            {"output_limit": 20},
            "the output limit of 20 characters is reached",
        ),
    ],
)
def test_limits(text: str, limits: dict[str, Any], message: str, tier: str) -> None:
    """The error says which, and has what the run had recorded; the VM can be used again."""
    vm = harnlite.Vm(tier=tier, **limits)
    with pytest.raises(harnlite.LimitError) as caught:
        vm.execute_sync(vm.compile(text))
    assert str(caught.value) == message
    assert [entry["kind"] for entry in caught.value.audit_log] == ["begun"]
    assert vm.audit_log == []
    assert vm.execute_sync(vm.compile("return 7")) == 7

    async def inside() -> None:
        with pytest.raises(harnlite.LimitError, match=message.replace(".", r"\.")):
            await vm.execute(vm.compile(text))
        assert await vm.execute(vm.compile("return 7")) == 7

    trio.run(inside)


def test_want_of_memory_is_a_limit_too() -> None:
    """As the time, so may the memory of the process be over."""

    def full(_text: str) -> None:
        raise MemoryError

    vm = harnlite.Vm(output=full)
    with pytest.raises(harnlite.LimitError, match=r"^out of memory$"):
        vm.execute_sync(vm.compile("println(1)"))


@pytest.mark.parametrize("callback", [False, True])
def test_recursion_is_limited_not_fatal(callback: bool, tier: str) -> None:
    """Without end it is the script's error; what the limit allows works without the embedder's doing."""
    call = "[n].map({ x -> f(x - 1) })[0]" if callback else "1 + f(n - 1)"
    program = f"fn f(n) {{\n  if n == 0 {{ return 0 }}\n  return {call}\n}}\n"
    with pytest.raises(harnlite.ScriptError, match="Stack overflow: too many nested calls") as caught:
        harnlite.run(program + "f(-1)", tier=tier)
    assert str(caught.value).count("(line 3)") == (4 if callback else 1)
    assert caught.value.kind == "runtime"
    assert harnlite.run(program + "return f(250)", tier=tier).value == (0 if callback else 250)


def test_exit_is_no_exception(tier: str) -> None:
    """An execution that called ``exit`` gives None; the code is the VM's until the next one."""
    vm = harnlite.Vm(tier=tier)
    assert vm.execute_sync(vm.compile("exit(3)")) is None
    assert vm.exit_code == 3

    async def inside() -> None:
        assert await vm.execute(vm.compile("exit(4)")) is None

    trio.run(inside)
    assert vm.exit_code == 4
    assert vm.execute_sync(vm.compile("return 1")) == 1
    assert vm.exit_code is None


@pytest.mark.parametrize("text", [ENDLESS, WAITING])
@pytest.mark.parametrize("beside_trio", [False, True])
def test_another_thread_can_cancel(text: str, beside_trio: bool, tier: str) -> None:
    """Busy or waiting, the run ends; nothing of it goes on, and the VM can be used again."""
    running = threading.Event()
    vm = harnlite.Vm(tier=tier, builtins={"running() -> nil": running.set})
    program = vm.compile(f'running()\ntry {{ {text} }} finally {{ println("never") }}')

    def cancel_soon() -> None:
        assert running.wait(10)
        vm.cancel()

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    with pytest.raises(harnlite.RunCancelledError) as caught:
        trio.run(vm.execute, program) if beside_trio else vm.execute_sync(program)
    thread.join()
    assert [entry["kind"] for entry in caught.value.audit_log] == ["begun"]
    assert vm.output == ""
    vm.cancel()
    assert vm.execute_sync(vm.compile("return 1")) == 1


def test_the_cause_of_an_error_is_kept(tier: str) -> None:
    """The embedder finds its own exception again, also behind a callback."""
    builtins: dict[str, Callable[..., Any]] = {"broken() -> any": lambda: 1 / 0}
    for text in ("broken()", "[1].map({ x -> broken() })", 'try { broken() } finally { println("x") }'):
        with pytest.raises(harnlite.ScriptError, match="broken: ZeroDivisionError: division by zero") as caught:
            harnlite.run(text, builtins=builtins, tier=tier)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(harnlite.ScriptError) as caught:
        harnlite.run('try { broken() } catch e { throw "other" }', builtins=builtins, tier=tier)
    assert caught.value.__cause__ is None


def test_a_failed_run_inside_a_builtin_is_the_outer_scripts_error() -> None:
    """Runs may be nested; what the inner one raises can be caught by the outer script."""
    inner = harnlite.compile('throw "inner"')
    builtins: dict[str, Callable[..., Any]] = {"nested() -> any": lambda: harnlite.Vm().execute_sync(inner)}
    result = harnlite.run("return try { nested() }", builtins=builtins)
    assert repr(result.value).startswith("Result.Err('Runtime error: nested: ScriptError: error: Thrown: inner")


async def _answer(value: int) -> int:
    await trio.sleep(0)
    return value


class _Asynchronous:
    async def __call__(self, value: int) -> int:
        return await _answer(value)


@pytest.mark.parametrize(
    "function", [_answer, functools.partial(_answer), lambda value: _answer(value), _Asynchronous()]
)
def test_whatever_gives_a_coroutine_is_asynchronous(function: Callable[..., Any], tier: str) -> None:
    """Coroutine functions, and what only calls one."""
    assert harnlite.run("return f(3)", builtins={"f(x: int) -> int": function}, tier=tier).value == 3
    finish: Callable[..., Any] = lambda _harness, value: function(value)  # noqa: E731 - both kinds of lambda
    assert harnlite.run("pipeline default() { return 4 }", on_finish=finish, tier=tier).value == 4


def test_an_exception_of_the_finish_callback_comes_out_as_it_is(tier: str) -> None:
    """The embedder's code after the body is no part of the script: nobody else could catch it."""
    vm = harnlite.Vm(tier=tier)
    with pytest.raises(ZeroDivisionError):
        vm.execute_sync(vm.compile('pipeline default() { harness.emit_audit("k", 1) }'), lambda _harness, _value: 1 / 0)
    assert vm.audit_log == []


def test_deep_values_are_the_scripts_error_as_arguments(tier: str) -> None:
    """And the embedder's as a result."""
    deep = "var x = []\nfor i in 1 to 300 { x = [x] }\n"
    builtins: dict[str, Callable[..., Any]] = {"f(x: any) -> any": lambda value: value}
    result = harnlite.run(deep + "return try { f(x) }", builtins=builtins, tier=tier)
    assert "nested deeper than 200" in repr(result.value)
    with pytest.raises(harnlite.ConversionError, match="nested deeper than 200"):
        harnlite.run(deep + "return x", tier=tier)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tier": "quick"}, "tier is 'fast' or 'interpreter', not 'quick'"),
        ({"event_log": "mem"}, "event_log is 'memory' or 'sqlite:PATH', not 'mem'"),
        ({"time_limit": 0}, "time_limit is a number above 0 or None, not 0"),
        ({"fuel": -1}, "fuel is a number above 0 or None, not -1"),
        ({"output_limit": -1}, "output_limit is a number above 0 or None, not -1"),
        ({"on_finish": 5}, "on_finish is called at the end, and 5 cannot be called"),
        ({"builtins": {"f": len}}, "not a signature: 'f'; one is 'name(parameter: type"),
        ({"builtins": {"my-f() -> int": len}}, "not a signature: 'my-f() -> int'"),
        ({"builtins": {"f() -> int": 5}}, "the builtin 'f() -> int' is no function but 5"),
    ],
)
def test_wrong_use_is_told_at_once(options: dict[str, Any], message: str) -> None:
    """Before anything runs."""
    with pytest.raises(harnlite.UsageError) as caught:
        harnlite.run("println(1)", **options)
    assert str(caught.value).startswith(message)


def test_what_is_no_program_is_told_at_once() -> None:
    """Neither compiled nor to be compiled."""
    no_program: Any = "println(1)"
    with pytest.raises(harnlite.UsageError, match="compiled program"):
        harnlite.Vm().execute_sync(no_program)
    no_text: Any = b"println(1)"
    with pytest.raises(harnlite.UsageError, match="not bytes"):
        harnlite.run(no_text)


def test_standard_error_can_be_had(tmp_path: Path) -> None:
    """What the script writes there, and what harnlite warns of."""
    pieces: list[str] = []
    log = f"sqlite:{tmp_path}/none/log.sqlite"
    (tmp_path / "none").write_text("no folder", encoding="utf-8")
    harnlite.run('eprintln("a")\nharness.emit_audit("k", 1)', error_output=pieces.append, event_log=log)
    assert "".join(pieces).startswith("a\nwarning: audit not stored: ")


def test_a_running_vm_cannot_be_reset() -> None:
    """The builtin that tries it fails."""
    vm = harnlite.Vm(builtins={"again() -> any": lambda: vm.reset()})
    assert "BusyError" in repr(vm.execute_sync(vm.compile("return try { again() }")))


def test_programs_of_several_folders_on_one_vm(tmp_path: Path) -> None:
    """Each finds the modules beside it."""
    vm = harnlite.Vm()
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "helper.harn").write_text(f'pub fn who() {{ return "{name}" }}\n', encoding="utf-8")
        (folder / "main.harn").write_text('import "./helper"\nreturn who()\n', encoding="utf-8")
        assert vm.execute_sync(vm.compile(folder / "main.harn")) == name
