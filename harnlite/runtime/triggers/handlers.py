"""The kinds of handlers: what reaching each of them means (docs/reference/runtime.md 2.5).

Takes a delivery, gives the handler's value or raises :class:`HandlerError`. Records nothing; the dispatcher does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.runtime.queued_triggers import QueuedTriggers
from harnlite.runtime.triggers.binding import HostHandler, LocalHandler, UriHandler, VariantHandler
from harnlite.runtime.triggers.context import HandlerContexts
from harnlite.runtime.triggers.records import Delivery
from harnlite.runtime.triggers.variants import VARIANTS
from harnlite.runtime.worker_queue import WorkerQueueError
from harnlite.values.errors import GuestError
from harnlite.values.json_form import from_json_form
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["HandlerError", "failure_text", "run_handler"]


class HandlerError(Exception):
    """A handler did not do its work.

    :param text: what goes into records and the dispatch handle.
    :param is_final: whether trying again is pointless.
    """

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.is_final = is_final


def failure_text(error: GuestError) -> str:
    """Give the text of a guest error: a thrown string as it is, everything else as shown to users."""
    if error.kind == "thrown" and isinstance(error.value, str):
        return error.value
    return error_text(error)


def run_handler(vm: Vm, delivery: Delivery, attempt: int) -> Any:
    """Run a delivery's handler once and give its guest value.

    :raises HandlerError: it failed.
    """
    try:
        with vm.service(HandlerContexts).entered(delivery, attempt):
            return _run(vm, delivery)
    except GuestError as error:
        raise HandlerError(failure_text(error), is_final=_is_final(error)) from error
    except WorkerQueueError as error:
        raise HandlerError(str(error)) from error


def _run(vm: Vm, delivery: Delivery) -> Any:
    handler = delivery.binding.handler
    match handler:
        case LocalHandler(function):
            return vm.call(function, [from_json_form(delivery.envelope)])
        case UriHandler("worker"):
            return _enqueue(vm, delivery, handler)
        case UriHandler():
            raise HandlerError(f"no connector for `{handler.target_uri}` is installed", is_final=True)
        case VariantHandler(kind, options):
            return VARIANTS[kind](vm, options, delivery)
        case HostHandler(_, function):
            return function(delivery.envelope)


def _enqueue(vm: Vm, delivery: Delivery, handler: UriHandler) -> dict[str, Any]:
    binding, envelope = delivery.binding, delivery.envelope
    asked = envelope["headers"].get("priority")
    return (
        vm.service(QueuedTriggers)
        .queues()
        .enqueue(
            handler.address,
            trigger_id=binding.id,
            binding_key=binding.key,
            binding_version=binding.version,
            event=envelope,
            priority=asked if asked in ("high", "low") else binding.priority,
            replay_of_event_id=delivery.replay_of,
        )
    )


def _is_final(error: GuestError) -> bool:
    return error.kind == "category" and error.value in ("cancelled", "tool_rejected")
