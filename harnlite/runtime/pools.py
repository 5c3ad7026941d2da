"""Pools: a bounded number of guest tasks at a time, the rest waiting in line (docs/reference/runtime.md 5).

Takes checked options and closures, runs the closures as scheduler tasks, gives snapshots. A task is marked running
as soon as it has a slot, but its closure runs only when the script gives the baton up.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, field

from harnlite.builtins.blake3_digest import blake3
from harnlite.builtins.runtime_context import RuntimeContext
from harnlite.builtins.tracing import Tracing
from harnlite.runtime import pool_audit
from harnlite.runtime.mutation_session import MutationSessions
from harnlite.runtime.parking import park_in, wake_all
from harnlite.runtime.pool_options import PoolOptions, TaskOptions, parse_pool_options, parse_task_options
from harnlite.runtime.pool_queue import TaskQueue
from harnlite.runtime.pool_store import PoolStore
from harnlite.runtime.pool_tasks import PoolTask
from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, HardExit, runtime_error
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["Pool", "Pools"]


@define(eq=False)
class Pool:
    """One pool.

    :ivar tasks: every task it ever took, by id.
    :ivar blocked: scheduler tasks parked in ``submit`` until there is room in the line.
    """

    vm: Vm
    id: str
    name: str
    options: PoolOptions
    created_at: str
    store: PoolStore | None
    queue: TaskQueue
    tasks: dict[str, PoolTask] = field(factory=dict, init=False)
    running: dict[str, PoolTask] = field(factory=dict, init=False)
    by_idempotency_key: dict[str, PoolTask] = field(factory=dict, init=False)
    blocked: list[Any] = field(factory=list, init=False)
    sequence: int = field(default=0, init=False)

    # -- submitting ------------------------------------------------------------------------------------------------

    def submit(self, work: Any, options: Any = None) -> PoolTask:
        """Take a closure without parameters; the earlier task if one has the same idempotency key.

        :raises GuestError: for wrong arguments, or when the pool refuses under its backpressure policy.
        """
        if not self.vm.is_callable(work):
            raise runtime_error(f"pool.submit: task must be a closure, got {type_name(work)}")
        checked = parse_task_options(options, self.options.fair_option)
        if checked.idempotency_key is not None:
            known = self.by_idempotency_key.get(checked.idempotency_key)
            if known is not None:
                return known
        while not self.has_slot and self.must_block:
            park_in(self.vm, self.blocked, "room in a pool")
        if not self.has_slot:
            self.refuse_when_full()
        task = self.new_task(work, checked)
        pool_audit.submitted(self, task)
        if self.has_slot:
            self.queue.note_turn(task)
            self.start(task)
        else:
            self.enqueue(task)
        self.save(task)
        return task

    @property
    def has_slot(self) -> bool:
        """Whether a new task could start at once."""
        return len(self.running) < self.options.max_concurrent and len(self.queue) == 0

    @property
    def is_full(self) -> bool:
        """Whether the line is as long as it may be."""
        limit = self.options.backpressure.max_depth
        return limit is not None and len(self.queue) >= limit

    @property
    def must_block(self) -> bool:
        """Whether a submitter has to wait for room."""
        return self.is_full and self.options.backpressure.on_full == "block_submitter"

    def refuse_when_full(self) -> None:
        """Raise the error of a policy that answers a task without a free slot with an error."""
        policy = self.options.backpressure
        if policy.kind == "fail_fast":
            raise runtime_error(
                f"HARN-POL-002: pool.submit: pool '{self.name}' has no immediate capacity under fail_fast backpressure"
            )
        if self.is_full and policy.on_full == "fail_submitter":
            raise runtime_error(
                f"HARN-POL-001: pool.submit: pool '{self.name}' queue is full under fail_submitter backpressure"
            )

    def new_task(self, work: Any, options: TaskOptions) -> PoolTask:
        """Register a task that is neither waiting nor running yet."""
        self.sequence += 1
        task = PoolTask(
            id=f"{self.id}_task_{self.vm.host.uuid7()}",
            pool_id=self.id,
            pool_name=self.name,
            sequence=self.sequence,
            work=work,
            priority=options.priority,
            key=options.key,
            idempotency_key=options.idempotency_key,
            fair_key=options.fair_key,
            submitted_at=self.vm.host.uuid7(),
            submitted_at_ms=self.vm.clock.now_ms(),
            submitted_by=_submitter(self.vm),
        )
        self.tasks[task.id] = task
        if task.idempotency_key is not None:
            self.by_idempotency_key[task.idempotency_key] = task
        return task

    def enqueue(self, task: PoolTask) -> None:
        """Put a task in line; a full line drops one under the policies that drop."""
        policy = self.options.backpressure
        if self.is_full and policy.on_full == "drop_newest":
            self.drop(task, "drop_newest_queue_full", "drop_newest", None)
            return
        if self.is_full:
            reason, name = (
                ("ring_buffer_drop_oldest", "ring_buffer")
                if policy.kind == "ring_buffer"
                else ("drop_oldest_queue_full", "drop_oldest")
            )
            self.drop(self.queue.take_oldest(), reason, name, task)
        self.queue.add(task)

    def drop(self, task: PoolTask, reason: str, policy: str, replacement: PoolTask | None) -> None:
        """End a task that there is no room for."""
        depth = len(self.queue)
        task.reject(reason, policy, self.vm.host.uuid7())
        pool_audit.dropped(self, task, depth, replacement)
        self.save(task)
        wake_all(self.vm, task.waiters)

    # -- running ---------------------------------------------------------------------------------------------------

    def start(self, task: PoolTask) -> None:
        """Give a task a slot; its closure runs when the script next gives the baton up."""
        used = {other.slot for other in self.running.values()}
        task.slot = next(slot for slot in range(self.options.max_concurrent) if slot not in used)
        task.status = "running"
        task.started_at = self.vm.host.uuid7()
        self.running[task.id] = task
        self.vm.scheduler.spawn(partial(self.run, task), "pool", "pool task")

    def run(self, task: PoolTask) -> None:
        """The body of the scheduler task: call the closure, keep what came of it, start the next one."""
        span = pool_audit.dequeued(self, task)
        status, error = "completed", None
        try:
            task.result = self.vm.call(task.work, [])
        except GuestError as failure:
            status, error = "failed", error_text(failure)
        except HardExit:
            # The task was cancelled or the run ends; whatever waits in line must not start now.
            self.finish(task, "failed", "pool task was cancelled")
            raise
        finally:
            if span is not None:
                self.vm.service(Tracing).end(span)
        self.finish(task, status, error)
        self.dispatch()

    def finish(self, task: PoolTask, status: str, error: str | None) -> None:
        """Note how a running task ended, and free its slot."""
        task.status, task.error = status, error
        task.finished_at = self.vm.host.uuid7()
        del self.running[task.id]
        self.save(task)
        wake_all(self.vm, task.waiters)

    def dispatch(self) -> None:
        """Fill the free slots from the line, then let blocked submitters look again."""
        while len(self.running) < self.options.max_concurrent and len(self.queue):
            task = self.queue.take_next()
            self.start(task)
            self.save(task)
        wake_all(self.vm, self.blocked)

    def wait(self, task: PoolTask) -> None:
        """Park the current task until a pool task is over."""
        while not task.is_over:
            park_in(self.vm, task.waiters, "a pool task")

    def save(self, task: PoolTask) -> None:
        """Write a task's state to the pool's file, if it has one."""
        if self.store is not None:
            self.store.write_task(task)

    # -- looking ---------------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many tasks run or wait."""
        return len(self.running) + len(self.queue)

    def snapshot(self) -> dict[str, Any]:
        """Give what scripts see of the pool."""
        states = [task.status for task in self.tasks.values()]
        options = self.options
        data: dict[str, Any] = {
            "_type": "pool",
            "active": len(self.running),
            "backpressure": options.backpressure.to_json(),
            "blocked_submitters": len(self.blocked),
            "completed": states.count("completed"),
            "created_at": self.created_at,
            "durable": self.store is not None,
            "failed": states.count("failed"),
            "id": self.id,
            "max_concurrent": options.max_concurrent,
            "name": self.name,
            "queue_strategy": options.strategy,
            "queued": len(self.queue),
            "rejected": states.count("rejected"),
            "scope": options.scope,
            "stale_after_ms": options.stale_after_ms,
            "tasks": [task.snapshot() for task in self.tasks.values()],
            "total": len(states),
        }
        if options.scope_id is not None:
            data["scope_id"] = options.scope_id
        if options.config is not None:
            data["config"] = options.config
        return data


@define
class Pools:
    """The pools of a VM, in order of creation."""

    _vm: Vm
    _pools: dict[str, Pool] = field(factory=dict, init=False)

    def create(self, given: Any) -> Pool:
        """Make a pool; one of pipeline scope finds the tasks that an earlier run left in its file.

        :raises GuestError: for wrong options or a name that is taken.
        """
        options = parse_pool_options(given, MutationSessions.current_pipeline_id(self._vm))
        pool_id = self._pool_id(options)
        name = options.name or pool_id
        taken = self._pools.get(pool_id) or next((pool for pool in self._pools.values() if pool.name == name), None)
        if taken is not None:
            raise runtime_error(f"pool_create: pool '{name}' already exists (id={taken.id}); use pool_get to reuse")
        store = PoolStore.for_pool(self._vm, options, name) if options.scope == "pipeline" else None
        pool = Pool(self._vm, pool_id, name, options, self._vm.host.uuid7(), store, TaskQueue(options.strategy))
        if store is not None:
            for task in store.open(pool_id, name):
                pool.tasks[task.id] = task
                if task.idempotency_key is not None:
                    pool.by_idempotency_key[task.idempotency_key] = task
        self._pools[pool_id] = pool
        return pool

    def find(self, name: str) -> Pool | None:
        """Give the pool of this id or name."""
        found = self._pools.get(name)
        return found or next((pool for pool in self._pools.values() if pool.name == name), None)

    def get(self, pool_id: str) -> Pool:
        """Give the pool of this id.

        :raises GuestError: when there is none (any more).
        """
        found = self._pools.get(pool_id)
        if found is None:
            raise runtime_error(f"pool: unknown pool '{pool_id}'")
        return found

    def submit_to(self, name: str, work: Any, options: Any = None) -> dict[str, Any]:
        """Submit a closure to the pool of this name or id, and give the task's handle.

        :raises GuestError: when there is no such pool, or it refuses.
        """
        pool = self.find(name)
        if pool is None:
            raise runtime_error(f"pool.submit: unknown pool '{name}'")
        return pool.submit(work, options).handle()

    def all(self) -> list[Pool]:
        """Give all pools in order of creation."""
        return list(self._pools.values())

    def wait(self, tasks: Any) -> Any:
        """Wait for a task handle, or for each of a list; give snapshots in the same order.

        :raises GuestError: for what is no known task.
        """
        handles = tasks if isinstance(tasks, list) else [tasks]
        found = [self._task_of(handle) for handle in handles]
        for pool, task in found:
            pool.wait(task)
        snapshots = [task.snapshot() for _, task in found]
        return snapshots if isinstance(tasks, list) else snapshots[0]

    def forget(self) -> None:
        """Drop all pools, as a restart of the process would."""
        self._pools = {}

    def unsettled_items(self) -> list[dict[str, Any]]:
        """Give the bucket ``pool_pending_tasks``: per pool waiting tasks in line order, then running ones."""
        now_ms = self._vm.clock.now_ms()
        pools = sorted(self._pools.values(), key=lambda pool: pool.id)
        return [
            task.pending_item(now_ms)
            for pool in pools
            for task in (*pool.queue, *sorted(pool.running.values(), key=lambda task: task.id))
        ]

    def _task_of(self, handle: Any) -> tuple[Pool, PoolTask]:
        task_id = handle.get("id") if isinstance(handle, dict) else handle
        if not isinstance(task_id, str):
            raise runtime_error(f"pool_wait: expected a pool task, got {type_name(handle)}")
        for pool in self._pools.values():
            task = pool.tasks.get(task_id)
            if task is not None:
                return pool, task
        raise runtime_error(f"pool_wait: unknown pool task '{task_id}'")

    def _pool_id(self, options: PoolOptions) -> str:
        if options.scope != "pipeline":
            return f"pool_{self._vm.host.uuid7()}"
        if options.name is None:
            raise runtime_error("pool_create: pipeline-scope pool requires a name")
        identity = "\0".join((options.scope, display(options.scope_id), options.name))
        return f"pool_pipeline_{blake3(identity.encode()).hex()[:32]}"


def _submitter(vm: Vm) -> str:
    """Name who submits a task: the nearest of agent session, worker, workflow, run and task (runtime.md 5)."""
    context = vm.service(RuntimeContext).identity()
    names = ("agent_session_id", "worker_id", "workflow_id", "run_id")
    return str(next((context[name] for name in names if context[name] is not None), vm.task.id))
