"""Where a model server is: how people write it, the address that is meant, and whether it is on this machine.

Whether frames may be sent there hangs on `is_here`, so it reads the name as it is written and asks no name server.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

_NO_NAME = "{text!r} names no server; write it as http://localhost:{port}, several with commas between them"
_NO_ADDRESS = "{text!r} is no address of a server; write it as http://localhost:{port}"
_ANY = {"0.0.0.0", "::"}  # noqa: S104  # how a server says that it listens everywhere: read, not bound


def server_url(text: str, *, port: int, path: str = "") -> str:
    """Return the URL that `text` means; `0.0.0.0:11434` is how a server binds, not where it is.

    Args:
        text: As a person wrote it.
        port: Taken where `text` names none.
        path: Taken where `text` has none.

    Raises:
        ValueError: It names no host and port.
    """
    url = urlsplit(text.strip() if "//" in text else f"http://{text.strip()}")
    try:
        found = url.port or (443 if url.scheme == "https" else port)
    except ValueError as exc:
        raise ValueError(_NO_ADDRESS.format(text=text, port=port)) from exc
    odd = set(text.strip()) & set(" ,") or url.username is not None
    if url.scheme not in {"http", "https"} or not url.hostname or odd:
        raise ValueError(_NO_ADDRESS.format(text=text, port=port))
    host = "127.0.0.1" if url.hostname in _ANY else url.hostname
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}:{found}{url.path.rstrip('/') or path}"


def server_urls(text: str, *, port: int, path: str = "") -> tuple[str, ...]:
    """Return the URLs that `text` means, with commas between them: each as by `server_url`, each once, in its order.

    Raises:
        ValueError: One of them names no host and port, or there is none.
    """
    named = [server_url(one.strip(), port=port, path=path) for one in text.split(",") if one.strip()]
    if not named:
        raise ValueError(_NO_NAME.format(text=text, port=port))
    return tuple(dict.fromkeys(named))


def host_and_port(url: str) -> str:
    """Return where `url` is asked, as it is written: what tells servers on one host apart."""
    return urlsplit(url).netloc.lower()


def host_of(url: str) -> str:
    """Return the host name in `url`, in lower case."""
    return (urlsplit(url).hostname or "").lower()


def is_here(url: str, local_hosts: Iterable[str] = ()) -> bool:
    """Tell whether what is sent to `url` stays on this machine, or on a host that its owner named in LOCAL_HOSTS."""
    host = host_of(url)
    return _is_loopback(host) or host in {name.strip().lower() for name in local_hosts}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def here_at(url: str, machine: str) -> str:
    """Return `url` as it is known to other machines: where it means the machine itself, with the address `machine`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{machine}:{parts.port}{parts.path}" if _is_loopback(parts.hostname or "") else url
