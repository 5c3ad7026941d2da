"""HTTP requests of a run: mocks in front, then egress rules, the host's network, redirects (runtime.md 10.4)."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from harnlite.builtins.urls import UrlError, parse_url
from harnlite.host_network import NetworkError
from harnlite.records import NamedTuple
from harnlite.runtime.egress import check_egress
from harnlite.values.display import display, type_name
from harnlite.values.errors import thrown, type_error
from harnlite.values.json_text import stringify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.host_network import Answer
    from harnlite.vm.machine import Vm

__all__ = ["HttpClient", "Request", "make_request"]

_TIMEOUT_MS: Final = 30_000
_MOST_REDIRECTS: Final = 10
_PORTS: Final = {"http": 80, "https": 443}
#: Headers that are meant for the first host only.
_SECRET: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHARSET: Final = re.compile(r"charset=\"?([\w.:-]+)", re.ASCII)


class Request(NamedTuple):
    """A request as a script wants it.

    :ivar surface: the builtin, for messages.
    :ivar body: None for a request without one.
    """

    surface: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    timeout_ms: int
    follow_redirects: bool


def make_request(surface: str, method: str, url: str, body: Any, options: dict[str, Any] | None) -> Request:
    """Check what a script gave and make a request of it.

    :param body: nil, a string, bytes, or anything else, which goes as JSON.
    :param options: ``headers``, ``timeout_ms``, ``follow_redirects``, and ``body`` when there is no other.
    :raises GuestError: an option is of the wrong type, or the method or a header is none that HTTP has.
    """
    given = options or {}
    if not _TOKEN.fullmatch(method):
        raise thrown(f"{surface}: invalid method '{method}'")
    headers = given.get("headers")
    if headers is not None and type(headers) is not dict:
        raise type_error(f"{surface}: headers must be a dict, got {type_name(headers)}")
    timeout = given.get("timeout_ms", _TIMEOUT_MS)
    if type(timeout) is not int or timeout <= 0:
        raise type_error(f"{surface}: timeout_ms must be a positive int")
    texts = {display(name): display(value) for name, value in (headers or {}).items() if value is not None}
    for name, value in texts.items():
        if not _TOKEN.fullmatch(name) or not value.isprintable():
            raise thrown(f"{surface}: invalid header '{name}'")
    content = given.get("body") if body is None else body
    data: bytes | None = None
    if type(content) is bytes:
        data = content
    elif type(content) is str:
        data = content.encode("utf-8", "replace")
    elif content is not None:
        data = stringify(content).encode("utf-8", "replace")
        if "content-type" not in {name.lower() for name in texts}:
            texts["Content-Type"] = "application/json"
    follow = given.get("follow_redirects") is not False
    return Request(surface, method.upper(), url, texts, data, timeout, follow)


class _Mock(NamedTuple):
    method: str
    pattern: str
    response: dict[str, Any]

    def fits(self, request: Request) -> bool:
        if self.method not in ("*", request.method):
            return False
        wanted = ".*".join(map(re.escape, self.pattern.split("*")))
        return re.fullmatch(wanted, request.url, re.DOTALL) is not None


class HttpClient:
    """Sends the requests of a VM and holds its mocks."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._mocks: dict[tuple[str, str], _Mock] = {}
        self._calls: list[dict[str, Any]] = []

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The requests that mocks answered, oldest first."""
        return list(self._calls)

    def mock(self, method: str, pattern: str, response: dict[str, Any]) -> None:
        """Answer requests whose method and URL fit; ``*`` stands for any method, in the URL for any text.

        A mock for the same method and pattern is replaced; of several that fit the first made answers.
        """
        self._mocks[method.upper(), pattern] = _Mock(method.upper(), pattern, response)

    def clear(self) -> None:
        """Forget mocks and calls."""
        self._mocks.clear()
        self._calls.clear()

    def send(self, request: Request) -> dict[str, Any]:
        """Send a request, follow redirects, and give ``{body, final_url, headers, ok, status}``.

        :raises GuestError: it is blocked or refused, or there is no answer.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            scheme, host, port, target = self._place(request)
            check_egress(self._vm, request.surface, request.url, host, port)
            mocked = next((mock for mock in self._mocks.values() if mock.fits(request)), None)
            if mocked is not None:
                return self._mocked(request, mocked.response)
            answer = self._exchange(request, (scheme, host, port), target)
            location = answer.headers.get("location")
            if not (request.follow_redirects and location and answer.status in (301, 302, 303, 307, 308)):
                return _shown(answer.status, _decoded(answer), dict(answer.headers), request.url)
            request = _redirected(request, answer.status, urljoin(request.url, location), host)
        raise _failure(request, "transient_network", f"more than {_MOST_REDIRECTS} redirects")

    def _place(self, request: Request) -> tuple[str, str, int, str]:
        try:
            parts = parse_url(request.url)
        except UrlError as error:
            raise thrown(f"{request.surface}: {error}") from None
        scheme = parts["scheme"]
        if scheme not in _PORTS:
            raise thrown(f"{request.surface}: URL scheme '{scheme}' is neither http nor https")
        query = parts["query"]
        target = parts["path"] if query is None else f"{parts['path']}?{query}"
        return scheme, parts["host"], parts["port"] or _PORTS[scheme], target

    def _mocked(self, request: Request, response: dict[str, Any]) -> dict[str, Any]:
        body = None if request.body is None else request.body.decode("utf-8", "replace")
        self._calls.append(
            {"body": body, "headers": dict(request.headers), "method": request.method, "url": request.url}
        )
        status, headers, text = response.get("status"), response.get("headers"), response.get("body")
        if text is not None and type(text) is not str:
            text = stringify(text) if type(text) in (dict, list) else display(text)
        shown = headers if type(headers) is dict else {}
        return _shown(status if type(status) is int else 200, text or "", dict(shown), request.url)

    def _exchange(self, request: Request, place: tuple[str, str, int], target: str) -> Answer:
        network = self._vm.host.network
        network.check(place[1])
        seconds = request.timeout_ms / 1000
        try:
            answer: Answer = self._vm.wait(
                network.exchange, request.method, place, target, request.headers, request.body or b"", seconds
            )
        except NetworkError as error:
            raise _failure(request, "timeout" if error.timed_out else "transient_network", str(error)) from None
        return answer


def _shown(status: int, body: str, headers: dict[str, Any], url: str) -> dict[str, Any]:
    return {"body": body, "final_url": url, "headers": headers, "ok": 200 <= status < 300, "status": status}


def _decoded(answer: Answer) -> str:
    found = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        return answer.body.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


def _redirected(request: Request, status: int, url: str, host: str) -> Request:
    headers, body, method = request.headers, request.body, request.method
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, body = "HEAD" if method == "HEAD" else "GET", None
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    try:
        elsewhere = parse_url(url)["host"] != host
    except UrlError:
        elsewhere = True
    if elsewhere:
        headers = {name: value for name, value in headers.items() if name.lower() not in _SECRET}
    return Request(request.surface, method, url, headers, body, request.timeout_ms, request.follow_redirects)


def _failure(request: Request, category: str, message: str) -> Exception:
    return thrown({"category": category, "message": f"{request.surface}: {message}", "url": request.url})
