"""URLs and query strings (docs/reference/builtins.md 13)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes

from harnlite.builtins.codecs import text, utf8
from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

__all__ = ["UrlError", "parse_url"]

#: Schemes whose URLs have a host and a path with slashes, and the port that goes without saying.
_SPECIAL: Final[dict[str, int | None]] = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21, "file": None}
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PATH_SAFE: Final = "!$%&'()*+,-./:;=@_~|[]^\\"
_QUERY_SAFE: Final = "!$%&()*+,-./:;=?@_~|[]^\\`{}'"
_USER_SAFE: Final = "!$%&'()*+,-._~"
_FORBIDDEN_IN_HOST: Final = re.compile(r"[\x00-\x20#%/<>?@\\^|\x7f]")
_DOT: Final = frozenset({".", "%2e"})
_DOTS: Final = frozenset({"..", ".%2e", "%2e.", "%2e%2e"})


@builtin("url_encode(value?: any) -> string", area="urls", loose=True)
def url_encode(_vm: Vm, value: Any = "") -> str:
    """Percent-encode everything but letters, digits and ``-_.~``."""
    return quote(utf8(display(value)), safe="-_.~")


@builtin("url_decode(text?: any) -> string", area="urls", loose=True)
def url_decode(_vm: Vm, value: Any = "") -> str:
    """Decode ``%XX`` and ``+``; what is malformed stays."""
    return text(unquote_to_bytes(utf8(display(value).replace("+", " "))))


class UrlError(ValueError):
    """A text that is no URL; its message says why."""


def _host(name: str, scheme: str) -> str | None:
    if name.startswith("["):
        import ipaddress

        try:
            return f"[{ipaddress.IPv6Address(name[1:-1] if name.endswith(']') else '').compressed}]"
        except ValueError:
            raise UrlError("invalid IPv6 address") from None
    if scheme not in _SPECIAL:
        return name or None
    decoded = text(unquote_to_bytes(utf8(name)))
    if not decoded:
        if scheme == "file":
            return None
        raise UrlError("empty host")
    if not decoded.isascii():
        try:
            decoded = decoded.encode("idna").decode("ascii")
        except UnicodeError:
            raise UrlError("invalid international domain name") from None
    if _FORBIDDEN_IN_HOST.search(decoded):
        raise UrlError("invalid domain character")
    return decoded.lower()


def _port(digits: str, scheme: str) -> int | None:
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()) or int(digits.lstrip("0")[:6] or "0") > 65535:
        raise UrlError("invalid port number")
    port = int(digits)
    return None if _SPECIAL.get(scheme) == port else port


def _clean_path(path: str) -> str:
    """Resolve dot segments and percent-encode."""
    out: list[str] = []
    segments = path.split("/")[1:]
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        lowered = segment.lower()
        if lowered in _DOTS:
            del out[-1:]
            if last:
                out.append("")
        elif lowered in _DOT:
            if last:
                out.append("")
        else:
            out.append(quote(utf8(segment), safe=_PATH_SAFE))
    return "/" + "/".join(out)


def parse_url(url: str) -> dict[str, Any]:
    """Take an absolute URL apart and normalise it as WHATWG has it; what is absent is None.

    :raises UrlError: it is none.
    """
    url = re.sub(r"[\t\n\r]", "", url.strip("".join(map(chr, range(0x21)))))
    found = _SCHEME.match(url)
    if found is None:
        raise UrlError("relative URL without a base")
    scheme = found[1].lower()
    special = scheme in _SPECIAL
    rest, hash_mark, fragment = url[found.end() :].partition("#")
    rest, question_mark, query = rest.partition("?")
    parts: dict[str, Any] = dict.fromkeys(("fragment", "host", "password", "path", "port", "query", "username"))
    parts["scheme"] = scheme
    if special:
        rest = rest.replace("\\", "/")
    if special and scheme != "file":
        rest = "//" + rest.lstrip("/")
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        user_part, at_sign, place = authority.rpartition("@")
        if at_sign:
            user, colon, password = user_part.partition(":")
            parts["username"] = quote(utf8(user), safe=_USER_SAFE) or None
            parts["password"] = quote(utf8(password), safe=_USER_SAFE) if colon and password else None
        host, colon, digits = place.rpartition(":") if re.search(r":[^\]]*$", place) else (place, "", "")
        parts["host"] = _host(host, scheme)
        parts["port"] = _port(digits, scheme)
        parts["path"] = _clean_path(path or "/") if special or path else ""
    elif special or rest.startswith("/"):
        parts["path"] = _clean_path(rest if rest.startswith("/") else f"/{rest}")
    else:
        parts["path"] = quote(utf8(rest), safe=_PATH_SAFE + " ")
    if question_mark:
        parts["query"] = quote(utf8(query), safe=_QUERY_SAFE.replace("'", "") if special else _QUERY_SAFE)
    if hash_mark:
        parts["fragment"] = quote(utf8(fragment), safe=_QUERY_SAFE.replace("`", "") + "#")
    return parts


@builtin("url_parse(url?: any) -> dict", area="urls", loose=True)
def url_parse(_vm: Vm, url: Any = "") -> dict[str, Any]:
    """A URL normalised: ``{scheme, username, password, host, port, path, query, fragment}``, nil where absent."""
    try:
        return parse_url(display(url))
    except UrlError as error:
        raise thrown(f"url_parse: {error}") from None


@builtin("url_build(parts?: any) -> string", area="urls", loose=True)
def url_build(_vm: Vm, parts: Any = None) -> str:
    """A URL from its parts; scheme is required, path defaults to ``/``."""
    given = {key: value for key, value in parts.items() if value is not None} if type(parts) is dict else {}
    if not given.get("scheme"):
        raise thrown("url_build: 'scheme' is required")
    out = [display(given["scheme"]), ":"]
    if "host" in given:
        out.append("//")
        if "username" in given:
            out.append(quote(utf8(display(given["username"])), safe=_USER_SAFE))
            if "password" in given:
                out += (":", quote(utf8(display(given["password"])), safe=_USER_SAFE))
            out.append("@")
        out.append(display(given["host"]))
        if "port" in given:
            out += (":", display(given["port"]))
    path = display(given.get("path", "/"))
    out.append(path if path.startswith("/") or "host" not in given else f"/{path}")
    if "query" in given:
        out += ("?", _query_text(given["query"]))
    if "fragment" in given:
        out += ("#", display(given["fragment"]))
    return "".join(out)


def _query_text(query: Any) -> str:
    if type(query) is dict:
        return "&".join(f"{_form(key)}={_form(query[key])}" for key in sorted(query))
    if type(query) is not list:
        return display(query).removeprefix("?")
    pairs: list[tuple[Any, Any]] = []
    for item in query:
        if type(item) is dict:
            pairs.append((item.get("key", ""), item.get("value", "")))
        elif type(item) is list and len(item) == 2:
            pairs.append((item[0], item[1]))
        else:
            raise thrown("query_stringify: each item must be a dict with key and value")
    return "&".join(f"{_form(key)}={_form(value)}" for key, value in pairs)


def _form(value: Any) -> str:
    return quote_plus(utf8(display(value)), safe="*-._").replace("~", "%7E")


@builtin("query_parse(text?: any) -> list", area="urls", loose=True)
def query_parse(_vm: Vm, query: Any = "") -> list[dict[str, Any]]:
    """The fields of a query string as ``{key, value}``, in order; a leading ``?`` is dropped."""
    fields = utf8(display(query).removeprefix("?"))
    pairs = parse_qsl(fields.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return [{"key": text(key.encode("latin-1")), "value": text(value.encode("latin-1"))} for key, value in pairs]


@builtin("query_stringify(items?: any) -> string", area="urls", loose=True)
def query_stringify(_vm: Vm, items: Any = None) -> str:
    """A query string from a list of keys and values."""
    if type(items) not in (list, dict):
        raise thrown("query_stringify: expected a list of {key, value} dicts")
    return _query_text(items)
