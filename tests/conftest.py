"""Options of the whole test suite: the slow and external tiers are asked for, never silently run or hidden."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.command_line import CommandLine

# The same examples every time, however slow the machine is; --hypothesis-profile=search looks for new ones,
# --hypothesis-profile=few is for the coverage run.
settings.register_profile(
    "same", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("few", settings.get_profile("same"), max_examples=10)
settings.register_profile("search", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switches of the slower tiers."""
    parser.addoption("--slow", action="store_true", help="also run tests that take minutes to hours")
    parser.addoption("--external", action="store_true", help="also run tests that need a program beyond Python")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, and so report, the tiers that were not asked for."""
    unwanted = [tier for tier in ("slow", "external") if not config.getoption(f"--{tier}")]
    left_out = [item for item in items if any(item.get_closest_marker(tier) for tier in unwanted)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep chunks that another version of the compiler made out of the tests, and those of the tests out of its way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def command_line() -> Iterator[CommandLine]:
    """Runs the command line in fresh processes."""
    runner = CommandLine()
    yield runner
    runner.close()


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to work in, and nothing of the project's in the environment but that no cache is used."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("HARN_", "HARNLITE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HARN_BYTECODE_CACHE", "0")
    return tmp_path
