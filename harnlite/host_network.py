"""The network of the real outside world, behind the host's policy: one HTTP exchange at a time, without redirects.

The exchange runs in a thread, so that other guest tasks go on; trio is imported when first used.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from harnlite.host import Host

__all__ = ["Answer", "Network", "NetworkError"]

#: Bytes kept of an answer's body; what comes after is not read.
_MOST_BODY = 64 << 20


class NetworkError(Exception):
    """An exchange that came to no answer.

    :ivar timed_out: whether for lack of time.
    """

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class Answer(NamedTuple):
    """What a server answered: the status code, the headers by lower-case name, the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Network:
    """Opens connections for one host.

    :param host: says the policy.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def check(self, name: str) -> None:
        """Refuse to connect to a host that the policy does not allow.

        :raises GuestError: category ``tool_rejected``.
        """
        self._host.policy.check_network(name)

    async def exchange(
        self,
        method: str,
        place: tuple[str, str, int],
        target: str,
        headers: dict[str, str],
        body: bytes,
        seconds: float,
    ) -> Answer:
        """Send a request and give the answer.

        :param place: scheme (``http`` or ``https``), host, port.
        :param target: path and query.
        :param seconds: how long a single wait for the server may last.
        :raises NetworkError: there is no answer.
        :raises GuestError: the policy refuses the host.
        """
        import trio

        self.check(place[1])
        return await trio.to_thread.run_sync(
            _exchange, method, place, target, headers, body, seconds, abandon_on_cancel=True
        )


def _exchange(
    method: str, place: tuple[str, str, int], target: str, headers: dict[str, str], body: bytes, seconds: float
) -> Answer:
    scheme, name, port = place
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    connection = kind(name.removeprefix("[").removesuffix("]"), port, timeout=seconds)
    try:
        connection.request(method, target, body or None, headers)
        response = connection.getresponse()
        found: dict[str, str] = {}
        for header, value in response.getheaders():
            header = header.lower()
            found[header] = f"{found[header]}, {value}" if header in found else value
        return Answer(response.status, found, response.read(_MOST_BODY))
    except TimeoutError:
        raise NetworkError(f"timed out after {seconds:g} seconds", timed_out=True) from None
    except OSError as error:
        # The system's own words ("Connection refused") are what error_category knows.
        raise NetworkError(error.strerror or str(error)) from None
    except (HTTPException, ValueError) as error:
        raise NetworkError(str(error) or type(error).__name__) from None
    finally:
        connection.close()
