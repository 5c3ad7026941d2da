"""Other embeddable engines from the package index (``pip install '.[bench]'``), where a program can be expressed.

Programs in other languages stand in ``peer_programs/``; the engines for restricted Python run the hand-written twin
itself. An engine that is not installed is reported, not hidden. Its time is that of the program, not of loading it.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, measure

_HERE = ROOT / "benchmarks"
#: Programs whose Python twin needs no imports and no classes, so that restricted Pythons take them.
_PLAIN = ("dict_histogram", "fib", "list_push", "nested_loops", "sieve", "sort_key", "string_build")
_TRANSLATED = ("fib", "nested_loops", "sieve")


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    value = run()
    return time.perf_counter() - started, value


def _restricted_python(path: Path) -> tuple[float, str]:
    from RestrictedPython import compile_restricted, safe_globals
    from RestrictedPython.Eval import default_guarded_getitem, default_guarded_getiter

    code = compile_restricted(path.read_text(encoding="utf-8"), str(path), "exec")
    output = io.StringIO()
    names = {
        **safe_globals,
        "_getiter_": default_guarded_getiter,
        "_getitem_": default_guarded_getitem,
        "_getattr_": getattr,
        "_write_": lambda value: value,
        "_inplacevar_": lambda operator, x, y: x + y if operator == "+=" else x - y,
        "_print_": None,
        "__metaclass__": type,
        "sorted": sorted, "sum": sum, "list": list, "map": map, "filter": filter, "min": min, "max": max, "dict": dict,
    }  # fmt: skip

    class Printer:
        """What ``print`` becomes."""

        def __init__(self, _getattr: object = None) -> None:
            pass

        def _call_print(self, *values: object, **_more: object) -> None:
            output.write(" ".join(map(str, values)) + "\n")

    names["_print_"] = Printer
    seconds, _ = _timed(lambda: exec(code, names))
    return seconds, output.getvalue()


def _asteval(path: Path) -> tuple[float, str]:
    from asteval import Interpreter

    output = io.StringIO()
    interpreter = Interpreter(writer=output)
    text = path.read_text(encoding="utf-8")
    with contextlib.redirect_stdout(output):
        seconds, _ = _timed(lambda: interpreter(text))
    return seconds, output.getvalue()


def _starlark(path: Path) -> tuple[float, str]:
    import starlark

    module, names = starlark.Module(), starlark.Globals.standard()
    tree = starlark.parse(path.name, path.read_text(encoding="utf-8"))
    seconds, value = _timed(lambda: starlark.eval(module, tree, names))
    return seconds, f"{value}\n"


def _lua(path: Path) -> tuple[float, str]:
    from lupa import lua54

    runtime = lua54.LuaRuntime()
    seconds, value = _timed(lambda: runtime.execute(path.read_text(encoding="utf-8")))
    return seconds, f"{value}\n"


def _quickjs(path: Path) -> tuple[float, str]:
    import quickjs

    context = quickjs.Context()
    seconds, value = _timed(lambda: context.eval(path.read_text(encoding="utf-8")))
    return seconds, f"{value}\n"


#: Name: package, runner, programs, file ending (None: the Python twin).
PEERS: dict[str, tuple[str, Callable[[Path], tuple[float, str]], tuple[str, ...], str | None]] = {
    "RestrictedPython": ("RestrictedPython", _restricted_python, _PLAIN, None),
    "asteval": ("asteval", _asteval, ("dict_histogram", "string_build"), None),
    "starlark": ("starlark", _starlark, _TRANSLATED[1:], ".star"),
    "Lua 5.4": ("lupa", _lua, _TRANSLATED, ".lua"),
    "QuickJS": ("quickjs", _quickjs, _TRANSLATED, ".js"),
}


def run_one(peer: str, program: str) -> dict[str, Any]:
    """Run one program in one engine, in this process."""
    _, runner, _, ending = PEERS[peer]
    folder = _HERE / ("programs" if ending is None else "peer_programs")
    seconds, output = runner(folder / f"{program}{ending or '.py'}")
    return {"seconds": seconds, "output": output}


def _reason(report: str) -> str:
    """The line that names the error, in whatever form an engine reports it; shortened."""
    lines = report.strip().splitlines() or ["no reason given"]
    named = [line for line in lines if "error" in line.lower()]
    return (named or lines)[-1].strip()[:60]


def run_peers(say: Callable[[str], object]) -> dict[str, dict[str, float]]:
    """Give each engine's ratio to hand-written Python for the programs it can run."""
    found: dict[str, dict[str, float]] = {}
    for name, (package, _, programs, _) in PEERS.items():
        if find_spec(package) is None:
            say(f"  {name:<18} not installed: pip install '.[bench]'")
            continue
        for program in programs:
            python = measure("python", str(_HERE / "programs" / f"{program}.py"))
            try:
                peer = measure("peer", name, program)
            except RuntimeError as error:
                say(f"  {name:<18} {program:<16} cannot run it: {_reason(str(error))}")
                continue
            if peer["output"] != python["output"]:
                say(f"  {name:<18} {program:<16} gives another answer: {peer['output'][:40]!r}")
                continue
            ratio = peer["seconds"] / python["seconds"]
            found.setdefault(name, {})[program] = ratio
            say(f"  {name:<18} {program:<16} {ratio:8.2f}")
    return found
