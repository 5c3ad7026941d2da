"""Environment, directories and other programs (docs/reference/builtins.md 14.3)."""

from __future__ import annotations

import os
import sys

from harnlite.builtins.files import reason
from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


@builtin("env(name: string) -> string | nil", area="environment")
def env(vm: Vm, name: str) -> str | None:
    """An environment variable, or nil."""
    value: str | None = vm.host.getenv(name)
    return value


@builtin("env_or(name: string, default: any) -> any", area="environment")
def env_or(vm: Vm, name: str, default: Any) -> Any:
    """An environment variable, or the second argument."""
    value = vm.host.getenv(name)
    return default if value is None else value


@builtin("cwd() -> string", area="environment")
def cwd(vm: Vm) -> str:
    """The current directory."""
    return str(vm.host.current_directory())


@builtin("execution_root() -> string", area="environment")
def execution_root(vm: Vm) -> str:
    """The directory that relative paths start from."""
    return str(vm.host.current_directory())


@builtin("source_dir() -> string", area="environment", loose=True)
def source_dir(vm: Vm) -> str:
    """The directory of the script."""
    return str(vm.source_directory or vm.host.current_directory())


@builtin("project_root() -> string | nil", area="environment", loose=True)
def project_root(vm: Vm) -> str | None:
    """The nearest directory from the script's upwards that holds a harn.toml, or nil."""
    directory = os.path.abspath(source_dir(vm))
    while True:
        if vm.host.files.exists(os.path.join(directory, "harn.toml")):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


@builtin("temp_dir() -> string", area="environment", loose=True)
def temp_dir(vm: Vm) -> str:
    """The directory for temporary files."""
    if os.name != "nt":
        return vm.host.getenv("TMPDIR") or "/tmp"
    import tempfile

    return tempfile.gettempdir()


@builtin("home_dir() -> string | nil", area="environment")
def home_dir(vm: Vm) -> str | None:
    """The user's home directory."""
    found: str | None = vm.host.getenv("USERPROFILE" if os.name == "nt" else "HOME")
    return found


@builtin("username() -> string", area="environment", loose=True)
def username(vm: Vm) -> str:
    """The user's name, or an empty string."""
    return vm.host.getenv("USERNAME" if os.name == "nt" else "USER") or ""


@builtin("hostname() -> string", area="environment")
def hostname(_vm: Vm) -> str:
    """The name of this machine."""
    import platform as system

    return system.node()


@builtin("platform() -> string", area="environment", loose=True)
def platform(_vm: Vm) -> str:
    """``linux``, ``darwin`` or ``windows``."""
    return {"win32": "windows", "cygwin": "windows"}.get(sys.platform, sys.platform)


@builtin("arch() -> string", area="environment")
def arch(_vm: Vm) -> str:
    """The processor's architecture, such as ``x86_64`` or ``aarch64``."""
    import platform as system

    machine = system.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


@builtin("pid() -> int", area="environment", loose=True)
def pid(_vm: Vm) -> int:
    """The number of this process."""
    return os.getpid()


def _run(vm: Vm, name: str, command: list[str], directory: str | None) -> dict[str, Any]:
    vm.host.processes.check(command[0])
    try:
        done = vm.wait(vm.host.processes.run, command, directory)
    except OSError as error:
        raise thrown(f"{name} failed: process spawn failed: {reason(error)}") from None
    except ValueError:
        raise thrown(f"{name} failed: process spawn failed: nul byte found in provided data") from None
    return {"status": done.status, "stderr": done.stderr, "stdout": done.stdout, "success": done.status == 0}


@builtin("exec(...command: any) -> dict", area="environment")
def exec_(vm: Vm, *command: Any) -> dict[str, Any]:
    """Run a program with arguments; gives status, stdout, stderr, success."""
    if not command:
        raise thrown("exec: command is required")
    return _run(vm, "exec", [display(part) for part in command], None)


@builtin("exec_at(...command: any) -> dict", area="environment")
def exec_at(vm: Vm, *command: Any) -> dict[str, Any]:
    """Run a program in a directory."""
    if not command:
        raise thrown("exec_at: directory is required")
    if len(command) < 2:
        raise thrown("exec_at: command is required")
    directory, *parts = [display(part) for part in command]
    return _run(vm, "exec_at", parts, directory)


@builtin("shell(command?: string) -> dict", area="environment")
def shell(vm: Vm, command: str | None = None) -> dict[str, Any]:
    """Run a line in the system's shell."""
    if not command:
        raise thrown("shell: command string is required")
    return _run(vm, "shell", [*vm.host.processes.shell(), command], None)


@builtin("shell_at(directory?: string, command?: string) -> dict", area="environment")
def shell_at(vm: Vm, directory: str | None = None, command: str | None = None) -> dict[str, Any]:
    """Run a line in the system's shell in a directory."""
    if directory is None:
        raise thrown("shell_at: directory is required")
    if not command:
        raise thrown("shell_at: command string is required")
    return _run(vm, "shell_at", [*vm.host.processes.shell(), command], directory)
