"""A Ray cluster as this program meets it: joined for a batch, or started for it, and left as it was."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autocut_director.errors import InputError

NAMESPACE = "autocut-director"
_LOOPBACK = None if sys.platform == "darwin" else "127.0.0.2"
"""Where Ray talks to itself: it puts the machine's own address in the place of 127.0.0.1, the only one macOS has."""
_CONNECT_SECONDS = 5.0
_NO_CLUSTER = "No Ray cluster answers at {address} ({why}). Start one: ray start --head; or leave --address out."


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be part of a cluster while the block runs. What was begun in it and has not ended is ended with it.

    Raises:
        InputError: None answers at `address`, or this process is part of one already.
    """
    import ray

    if ray.is_initialized():
        raise InputError("This process is part of a Ray cluster already; leave it first: ray.shutdown()")
    _check_somebody_listens(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody; Ray reads it only there
    own: dict[str, Any] = {} if address else {"include_dashboard": False, "_node_ip_address": _LOOPBACK}
    try:
        with _signals_kept():
            ray.init(address or "local", namespace=NAMESPACE, log_to_driver=False, logging_level="error", **own)
    except (ConnectionError, ValueError, RuntimeError) as exc:
        why = str(exc).strip().partition("\n")[0]
        raise InputError(_NO_CLUSTER.format(address=address or "this machine", why=why)) from exc
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back what Ray sets in the place of this process's own answer to being asked to end."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def _check_somebody_listens(address: str | None) -> None:
    """Try a host and a port ourselves: Ray tries for minutes.

    Raises:
        InputError: Nothing listens there, or it is not a cluster's own address.
    """
    if address is not None and address.startswith("ray://"):
        raise InputError(f"{address} is a client's address; name the cluster's own, such as HOST:6379, or auto.")
    host, _, port = (address or "").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except (OSError, OverflowError) as exc:
        raise InputError(_NO_CLUSTER.format(address=address, why=exc)) from exc


def machines() -> list[str]:
    """Return the machines that live and have a processor, by Ray's ids."""
    import ray

    return [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]


def this_machine() -> str:
    """Return this machine's id."""
    import ray

    machine: str = ray.get_runtime_context().get_node_id()
    return machine


def on(machine: str, *, soft: bool) -> dict[str, Any]:
    """Return the option that runs a task on `machine`; `soft`: elsewhere when it is gone."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(machine, soft=soft)}
