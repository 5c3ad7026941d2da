"""The file of a pipeline-scope pool: what its tasks came to, for the next run (docs/reference/runtime.md 5).

One JSON object a line: first the pool, then a line each time a task's state changes; of several lines about one task
the last one counts. A torn last line is ignored.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from attrs import frozen

from harnlite.builtins.blake3_digest import blake3
from harnlite.runtime.event_log.port import sanitize_component
from harnlite.runtime.pool_options import PoolOptions
from harnlite.runtime.pool_tasks import PoolTask
from harnlite.runtime.stored_files import call_file_builtin, replace_file
from harnlite.values.display import display
from harnlite.values.errors import GuestError
from harnlite.values.json_text import JsonError, parse, stringify
from harnlite.vm.errors import caught_value

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["DEFAULT_DIRECTORY", "PoolStore"]

#: Where the files are unless the script says otherwise, from the working directory.
DEFAULT_DIRECTORY = ".harn/pools"


@frozen
class PoolStore:
    """The file of one pool."""

    _vm: Vm
    path: str
    scope_id: str

    @classmethod
    def for_pool(cls, vm: Vm, options: PoolOptions, name: str) -> PoolStore:
        """Name the file of a pool and make sure its directory is there."""
        scope_id = str(options.scope_id)
        identity = "\0".join((options.scope, scope_id, name))
        digest = blake3(identity.encode()).hex()[:16]
        directory = options.directory or DEFAULT_DIRECTORY
        file_name = f"{sanitize_component(scope_id)}__{sanitize_component(name)}__{digest}.jsonl"
        store = cls(vm, posixpath.join(directory, file_name), scope_id)
        store._file("mkdir", directory)
        return store

    def open(self, pool_id: str, name: str) -> list[PoolTask]:
        """Read what an earlier run left, mark what it did not finish as failed, and write the file anew.

        :return: the tasks, all of them over.
        """
        tasks: dict[str, PoolTask] = {}
        for sequence, line in enumerate(self._lines()):
            task = _task_of(line, pool_id, name, sequence)
            if task is not None:
                tasks[task.id] = task
        header = {"kind": "pool", "id": pool_id, "name": name, "scope": "pipeline", "scope_id": self.scope_id}
        lines = [stringify(header), *(stringify(_line_of(task)) for task in tasks.values())]
        replace_file(self._vm, self.path, "\n".join(lines) + "\n")
        return list(tasks.values())

    def write_task(self, task: PoolTask) -> None:
        """Append a task's present state; a failure is told on standard error, for the task itself is not to blame."""
        try:
            self._file("append_file", self.path, stringify(_line_of(task)) + "\n")
        except GuestError as error:
            self._vm.warn(f"[harn] warning: pool task {task.id} was not stored: {display(caught_value(error))}")

    def _lines(self) -> list[Any]:
        if not self._file("file_exists", self.path):
            return []
        lines = []
        for line in self._file("read_file_bytes", self.path).split(b"\n"):
            try:
                lines.append(parse(line.decode("utf-8", "replace")))
            except JsonError:
                continue
        return lines

    def _file(self, builtin: str, *arguments: Any) -> Any:
        return call_file_builtin(self._vm, builtin, *arguments)


def _line_of(task: PoolTask) -> dict[str, Any]:
    return {
        "error": task.error,
        "finished_at": task.finished_at,
        "id": task.id,
        "idempotency_key": task.idempotency_key,
        "key": task.key,
        "kind": "task",
        "priority": task.priority,
        "rejection_policy": task.rejection_policy,
        "rejection_reason": task.rejection_reason,
        "result": display(task.result) if task.status == "completed" else None,
        "started_at": task.started_at,
        "status": task.status,
        "submitted_at": task.submitted_at,
        "submitted_at_ms": task.submitted_at_ms,
        "submitted_by": task.submitted_by,
    }


def _task_of(line: Any, pool_id: str, name: str, sequence: int) -> PoolTask | None:
    """Read a task's line; None for any other line."""
    if not isinstance(line, dict) or line.get("kind") != "task" or not isinstance(line.get("id"), str):
        return None
    task = PoolTask(
        id=line["id"],
        pool_id=pool_id,
        pool_name=name,
        sequence=sequence,
        work=None,
        priority=line.get("priority") or 0,
        key=line.get("key"),
        idempotency_key=line.get("idempotency_key"),
        fair_key="",
        submitted_at=line.get("submitted_at") or "",
        submitted_at_ms=line.get("submitted_at_ms") or 0,
        submitted_by=line.get("submitted_by") or "",
        status=line.get("status") or "",
        started_at=line.get("started_at"),
        finished_at=line.get("finished_at"),
        result=line.get("result"),
        error=line.get("error"),
        rejection_reason=line.get("rejection_reason"),
        rejection_policy=line.get("rejection_policy"),
    )
    if not task.is_over:
        task.status = "failed"
        task.error = f"pool: task {task.id} reloaded as stale after process restart"
    return task
