"""HTTP: mocks, real exchanges with a server of our own, redirects, egress rules, the sandbox policy (runtime.md 10.4)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import harnlite
from tests.scripts import run_script


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the overridden one
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            time.sleep(0.5)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[3:])
            self.end_headers()
            return
        if self.path == "/loop":
            self._answer(307, b"", Location="/loop")
            return
        self._answer(200, f"grüße {self.path}".encode("latin-1"), **{"Content-Type": "text/plain; charset=latin-1"})

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(418, b" ".join([self.command.encode(), (self.headers["Content-Type"] or "-").encode(), sent]))

    do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - http.server calls them so

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        # The client may have given up waiting.
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a server of our own listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


MOCKS: list[tuple[str, str]] = [
    ('http_mock("GET", "http://a/b", {status: 201, body: "x", headers: {H: "1"}})\nprintln(http_get("http://a/b"))',
     "{body: x, final_url: http://a/b, headers: {H: 1}, ok: true, status: 201}"),
    ('http_mock("get", "http://a/*", {})\nprintln(http_get("http://a/b?c=1"))',
     "{body: , final_url: http://a/b?c=1, headers: {}, ok: true, status: 200}"),
    ('http_mock("*", "*", {body: {b: 1.0, a: [nil]}, status: 500})\nlet r = http_put("https://a")\nprintln([r.ok, r.body])',
     '[false, {"a":[null],"b":1}]'),
    ('http_mock("POST", "http://a", {})\nhttp_post("http://a", {b: 1})\nhttp_post("http://a", "t", {headers: {K: 5}})\n'
     "println(http_mock_calls())",
     '[{body: {"b":1}, headers: {Content-Type: application/json}, method: POST, url: http://a}, '
     "{body: t, headers: {K: 5}, method: POST, url: http://a}]"),
    ('http_mock("GET", "http://a", {body: 1})\nhttp_mock("GET", "http://a", {body: 2})\nhttp_mock("*", "*", {body: 3})\n'
     'println([http_get("http://a").body, http_delete("http://a").body])', "[2, 3]"),
    ('http_mock("*", "*", {})\nhttp_get("http://a")\nhttp_mock_clear()\nprintln(http_mock_calls())', "[]"),
    ('println(try { http_get("ftp://a") })', "Result.Err(http_get: URL scheme 'ftp' is neither http nor https)"),
    ('println(try { http_get("a") })', "Result.Err(http_get: relative URL without a base)"),
    ('println(try { http_request("A B", "http://a") })', "Result.Err(http_request: invalid method 'A B')"),
    ('println(try { http_get("http://a", {headers: {a: "x\\ny"}}) })', "Result.Err(http_get: invalid header 'a')"),
    ('println(try { http_get("http://a", {headers: [1]}) })',
     "Result.Err(Type error: http_get: headers must be a dict, got list)"),
    ('println(try { http_get("http://a", {timeout_ms: 0}) })',
     "Result.Err(Type error: http_get: timeout_ms must be a positive int)"),
    ("println(try { http_get(to_list(5)[0]) })",
     "Result.Err(Type error: 'http_get' parameter `url` expects string, got int)"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), MOCKS)
def test_mocked_requests(script: str, expected: str, tmp_path: Path) -> None:
    """What a script sees of mocks, and of requests that are refused before anything is sent."""
    assert run_script(tmp_path, script).lines == [expected]


def test_real_exchanges(address: str, tmp_path: Path) -> None:
    """Bodies, headers and statuses both ways; redirects are followed unless that is not wanted."""
    run = run_script(
        tmp_path,
        f"""
  let r = http_get("{address}/x?q=1")
  println([r.status, r.ok, r.body, r.headers["content-type"], r.final_url])
  println(http_post("{address}/", {{b: 1}}).body)
  println(http_patch("{address}/", bytes_from_string("raw")).body)
  println(http_request("put", "{address}/", {{body: "t", headers: {{"content-type": "k"}}}}).body)
  println(http_delete("{address}/").status)
  println(http_get("{address}/to/a").final_url)
  println(http_get("{address}/to/a", {{follow_redirects: false}}).status)
  println(try {{ http_get("{address}/loop") }})
""",
    )
    assert run.lines == [
        f"[200, true, grüße /x?q=1, text/plain; charset=latin-1, {address}/x?q=1]",
        'POST application/json {"b":1}',
        "PATCH - raw",
        "PUT k t",
        "418",
        f"{address}/a",
        "302",
        f"Result.Err({{category: transient_network, message: http_get: more than 10 redirects, url: {address}/loop}})",
    ]


def test_requests_without_an_answer(address: str, tmp_path: Path) -> None:
    """Time-outs and refused connections have categories; a deadline ends the wait; other tasks go on meanwhile."""
    run = run_script(
        tmp_path,
        f"""
  let late = try {{ http_get("{address}/slow", {{timeout_ms: 20}}) }}
  println([is_timeout(unwrap_err(late)), unwrap_err(late).message])
  println(error_category(unwrap_err(try {{ http_get("http://127.0.0.1:1/") }})))
  println(try {{ deadline 20ms {{ http_get("{address}/slow") }} }})
  let other = spawn {{ println("meanwhile") }}
  println(http_get("{address}/slow").status)
""",
    )
    assert run.lines == [
        "[true, http_get: timed out after 0.02 seconds]",
        "transient_network",
        "Result.Err(Deadline exceeded)",
        "meanwhile",
        "200",
    ]


EGRESS: list[tuple[dict[str, str], str, str]] = [
    ({"HARN_EGRESS_DENY": "a.com"}, "http://a.com", "denied by HARN_EGRESS_DENY"),
    ({"HARN_EGRESS_DENY": "*.a.com, b.com"}, "http://x.a.com", "denied by HARN_EGRESS_DENY"),
    ({"HARN_EGRESS_DENY": "*.a.com"}, "http://a.com", "sent"),
    ({"HARN_EGRESS_DENY": "a.com:81"}, "http://a.com:81", "denied by HARN_EGRESS_DENY"),
    ({"HARN_EGRESS_DENY": "a.com:81"}, "http://a.com", "sent"),
    ({"HARN_EGRESS_ALLOW": "a.com"}, "https://A.com/x", "sent"),
    ({"HARN_EGRESS_ALLOW": "a.com"}, "https://b.com", "not in HARN_EGRESS_ALLOW"),
    ({"HARN_EGRESS_ALLOW": "a.com", "HARN_EGRESS_DENY": "*"}, "http://a.com", "denied by HARN_EGRESS_DENY"),
    ({"HARN_EGRESS_ALLOW": "a.com", "HARN_EGRESS_DEFAULT": "allow"}, "http://b.com", "sent"),
    ({"HARN_EGRESS_DEFAULT": "deny"}, "http://a.com", "denied by HARN_EGRESS_DEFAULT"),
    ({"HARN_EGRESS_DEFAULT": "deny", "HARN_EGRESS_ALLOW": "a.com"}, "http://a.com", "sent"),
]


@pytest.mark.parametrize(("environment", "url", "expected"), EGRESS)
def test_egress_rules(environment: dict[str, str], url: str, expected: str, tmp_path: Path) -> None:
    """Which hosts the environment's lists let through, mocked or not; a block is recorded."""
    run = run_script(
        tmp_path,
        f"""
  http_mock("*", "*", {{body: "sent"}})
  let r = try {{ http_get("{url}") }}
  println(is_ok(r) ? unwrap(r).body : unwrap_err(r).reason)
  if is_err(r) {{ println(json_stringify(unwrap_err(r))) }}
  println(event_log.latest("connectors.egress.audit"))
""",
        environment=environment,
    )
    assert run.lines[0] == expected
    if expected == "sent":
        assert run.lines[1:] == ["nil"]
    else:
        block = json.loads(run.lines[1])
        assert (block["type"], block["category"], block["surface"]) == ("EgressBlocked", "egress_blocked", "http_get")
        assert block["message"] == f"http_get: egress to {block['host']}:{block['port']} is blocked: {expected}"
        assert run.lines[2] == "1"


def test_embedded_scripts_connect_only_when_allowed(address: str) -> None:
    """The sandbox policy is asked before anything is sent; ``harness.net`` is the same builtins."""
    text = f'pipeline default() {{ pipeline_on_finish({{ h, v -> try {{ h.net.get("{address}/x").status }} }}) }}'
    refused = harnlite.run(text).value
    assert refused.fields[0] == "Error [tool_rejected]: the sandbox policy does not allow connecting to 127.0.0.1"
    assert harnlite.run(text, policy=harnlite.Policy(network=True)).value.fields[0] == 200
