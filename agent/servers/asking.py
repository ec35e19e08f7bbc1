"""Asking a server within bounds: so many seconds in all, so many bytes, no redirect, no proxy where none belongs.

httpx bounds each read and not the whole, so a server that drips would hold it for ever, and nothing interrupts the
resolving of a name. Hence `Caller` looks at the clock with every piece, and `side_by_side` leaves behind the thread
that is not back in time.
"""

import json
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from socket import gaierror
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from pydantic import SecretStr

from autocut_director.agent.hosts import host_of

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 4 * 2**20
"""Of an answer; the longest lists of models take about one MiB."""

_LOOPBACK_CONNECT_S = 1.0  # Windows takes 2 s to tell that nothing listens on a port of this machine
_NO_KEY = 401
_NOT_ALLOWED = 403
_REDIRECTS = range(300, 400)
_OK = 200
_WHY: tuple[tuple[type[Exception], str], ...] = (
    (ConnectionRefusedError, "refused: nothing listens there"),
    (gaierror, "no such host: its name leads to no address"),
    (ssl.SSLError, "its certificate is not trusted, or it speaks no TLS"),
)

Job = TypeVar("Job")


class AskingError(Exception):
    """No usable answer; the message says why, in a clause. Never holds a key."""

    state: Literal["down", "locked"] = "down"


class NoAnswerError(AskingError):
    """Nothing answered."""


class OddAnswerError(AskingError):
    """Something answered, and not what was asked for."""


class LockedError(AskingError):
    """It wants another key."""

    state = "locked"


@dataclass(frozen=True)
class Caller:
    """How to ask one server.

    Attributes:
        url: What the paths asked for are put behind.
        until: When an answer comes too late, on `time.monotonic`'s clock.
        key_name: The setting that holds the key; "" where the server knows none.
        by_proxy: Whether a proxy that the environment names may see what is asked.
    """

    url: str
    until: float
    key: SecretStr | None = None
    key_name: str = ""
    by_proxy: bool = False

    def ask(self, path: str, *, body: dict[str, Any] | None = None) -> Any:
        """Return the JSON that the server answers to a GET of `path`, or to a POST of `body`.

        Raises:
            NoAnswerError: It refused, or was not done in time.
            OddAnswerError: It answered an error, a redirect, too much, or no JSON.
            LockedError: 401 or 403, or a key that no header can hold.
        """
        import httpx

        method, start = "GET" if body is None else "POST", time.monotonic()
        try:
            with self._client() as client, client.stream(method, self.url + path, json=body) as response:
                self._check(response.status_code)
                return _parsed(self._whole(response, start))
        except httpx.TimeoutException as exc:
            raise NoAnswerError(_late(start)) from exc
        except (httpx.ConnectError, httpx.ProxyError) as exc:
            raise NoAnswerError(_why(exc) + self._on_the_way()) from exc
        except httpx.HTTPError as exc:
            raise OddAnswerError("it breaks off, or speaks no HTTP") from exc
        except (httpx.InvalidURL, UnicodeError) as exc:
            raise NoAnswerError("its name cannot be a host's") from exc

    def _client(self) -> "httpx.Client":
        import httpx

        try:
            return httpx.Client(
                headers=self._headers(),
                timeout=self._timeout(),
                trust_env=self.by_proxy,
                follow_redirects=False,
                verify=self.url.startswith("https:"),  # reading the certificates takes 50 ms, and http needs none
            )
        except (ImportError, ValueError, OSError, httpx.InvalidURL) as exc:
            names = "ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, SSL_CERT_FILE"
            raise NoAnswerError(f"a proxy or certificate that the environment names is of no use ({names})") from exc

    def _headers(self) -> dict[str, str]:
        plain = {"Accept": "application/json", "Accept-Encoding": "identity"}  # what is packed has no known size
        if self.key is None:
            return plain
        key = self.key.get_secret_value()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise LockedError(f"{self.key_name} holds a character that no key has")
        return {**plain, "Authorization": f"Bearer {key}"}

    def _timeout(self) -> "httpx.Timeout":
        import httpx

        left = self.until - time.monotonic()
        if left <= 0:
            raise NoAnswerError("no time left to ask it")
        here = host_of(self.url) in {"127.0.0.1", "::1"}
        return httpx.Timeout(left, connect=min(left, _LOOPBACK_CONNECT_S) if here else left)

    def _on_the_way(self) -> str:
        return " (or a proxy on the way)" if self.by_proxy and getproxies() else ""

    def _check(self, status: int) -> None:
        if status in {_NO_KEY, _NOT_ALLOWED}:
            raise LockedError(self._what_it_wants(status))
        if status in _REDIRECTS:
            raise OddAnswerError(f"it redirects to another address (HTTP {status}), which is not followed")
        if status != _OK:
            raise OddAnswerError(f"it answers HTTP {status}")

    def _what_it_wants(self, status: int) -> str:
        if not self.key_name:
            return f"HTTP {status}: something before it wants a key"
        if self.key is None:
            return f"HTTP {status}: it wants a key, and {self.key_name} is not set"
        return f"HTTP {status}: it does not take the key in {self.key_name}"

    def _whole(self, response: "httpx.Response", start: float) -> bytes:
        whole = bytearray()
        for piece in response.iter_raw():
            whole += piece
            if len(whole) > MOST_BYTES:
                raise OddAnswerError(f"it answers more than {MOST_BYTES // 2**20} MiB")
            if time.monotonic() > self.until:
                raise NoAnswerError(_late(start))
        return bytes(whole)


def _late(start: float) -> str:
    return f"no whole answer in {time.monotonic() - start:.1f} s"


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as exc:
        what = "a web page" if data[:200].lstrip().startswith(b"<") else "no JSON"
        raise OddAnswerError(f"it answers {what}, so it is no model server") from exc


def _why(exc: BaseException) -> str:
    """Return in plain words why no connection came about: the libraries' errors hold the system's."""
    cause: BaseException | None = exc
    while cause is not None:
        for kind, words in _WHY:
            if isinstance(cause, kind):
                return words
        cause = cause.__cause__ or cause.__context__
    return f"no connection: {exc}"


def addresses(url: str) -> tuple[str, ...]:
    """Return the URLs to try for `url`: localhost is 127.0.0.1 first, since servers rarely listen on ::1 alone."""
    parts = urlsplit(url)
    if parts.hostname != "localhost":
        return (url,)
    port = f":{parts.port}" if parts.port else ""
    return tuple(parts._replace(netloc=f"{host}{port}").geturl() for host in ("127.0.0.1", "[::1]"))


def side_by_side(jobs: Sequence[Callable[[], Job]], *, until: float) -> list[Job | None]:
    """Run every job in a thread of its own; return what each gave, None for one that was not done by `until`.

    Such a thread is left behind: it keeps neither the caller nor the interpreter from ending.
    """
    done: dict[int, Job] = {}

    def run(place: int) -> None:
        done[place] = jobs[place]()

    threads = [Thread(target=run, args=(place,), daemon=True) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [done.get(place) for place in range(len(jobs))]
