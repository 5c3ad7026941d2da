"""HTTP requests and their mocks (docs/reference/runtime.md 10.4)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.runtime.http_client import HttpClient, make_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []


def _send(vm: Vm, name: str, method: str, url: str, body: Any, options: dict[str, Any] | None) -> dict[str, Any]:
    answer: dict[str, Any] = vm.service(HttpClient).send(make_request(name, method, url, body, options))
    return answer


@builtin("http_get(url: string, options?: dict) -> dict", area="http")
def http_get(vm: Vm, url: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Fetch a URL; gives ``{body, final_url, headers, ok, status}``. Options: headers, timeout_ms, follow_redirects."""
    return _send(vm, "http_get", "GET", url, None, options)


@builtin("http_post(url: string, body?: any, options?: dict) -> dict", area="http")
def http_post(vm: Vm, url: str, body: Any = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a body with POST: text and bytes as they are, anything else as JSON."""
    return _send(vm, "http_post", "POST", url, body, options)


@builtin("http_put(url: string, body?: any, options?: dict) -> dict", area="http")
def http_put(vm: Vm, url: str, body: Any = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a body with PUT."""
    return _send(vm, "http_put", "PUT", url, body, options)


@builtin("http_patch(url: string, body?: any, options?: dict) -> dict", area="http")
def http_patch(vm: Vm, url: str, body: Any = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a body with PATCH."""
    return _send(vm, "http_patch", "PATCH", url, body, options)


@builtin("http_delete(url: string, options?: dict) -> dict", area="http")
def http_delete(vm: Vm, url: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a DELETE request."""
    return _send(vm, "http_delete", "DELETE", url, None, options)


@builtin("http_request(method: string, url: string, options?: dict) -> dict", area="http")
def http_request(vm: Vm, method: str, url: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a request with any method; the option ``body`` is its body."""
    return _send(vm, "http_request", method, url, None, options)


@builtin("http_mock(method: string, url: string, response: dict) -> nil", area="http")
def http_mock(vm: Vm, method: str, url: str, response: dict[str, Any]) -> None:
    """Answer fitting requests with ``{status, body, headers}``; ``*`` is any method, in the URL any text."""
    vm.service(HttpClient).mock(method, url, response)


@builtin("http_mock_calls() -> list", area="http")
def http_mock_calls(vm: Vm) -> list[dict[str, Any]]:
    """The requests that mocks answered, as ``{body, headers, method, url}``."""
    calls: list[dict[str, Any]] = vm.service(HttpClient).calls
    return calls


@builtin("http_mock_clear() -> nil", area="http")
def http_mock_clear(vm: Vm) -> None:
    """Forget all mocks and their calls."""
    vm.service(HttpClient).clear()
