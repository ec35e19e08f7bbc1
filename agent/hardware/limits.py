"""What a container leaves to the programs in it: bounds on memory and processors, by Linux control groups.

Version 2 has one tree, version 1 a tree for each controller. A bound of any group from the process's own up to the root
holds. A container often sees its own group as the root, while `/proc/self/cgroup` tells the path outside: then the path
leads nowhere, and the root has the answer. Other systems have none of these files, and so no bounds.
"""

import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from autocut_director.agent.hardware.kernel_files import kernel_number, kernel_text

_SYSFS = Path("/sys")
_PROC = Path("/proc")


class Memory(NamedTuple):
    """Bytes of memory: in all, and what a program could still take."""

    total: int
    available: int


def bounded_memory(host: Memory, *, sysfs: Path = _SYSFS, proc: Path = _PROC) -> Memory:
    """Return the part of the `host`'s memory that this process may use. "No bound" in version 1 is a huge number."""
    bounds = [host, *(bound for group in _groups("memory", sysfs, proc) if (bound := _memory_of(group)))]
    return Memory(min(bound.total for bound in bounds), min(bound.available for bound in bounds))


def bounded_threads(host: int, *, sysfs: Path = _SYSFS, proc: Path = _PROC) -> int:
    """Return how many of the `host`'s threads this process may keep busy: at least 1; a part of one counts as one."""
    bounds = [bound for group in _groups("cpu", sysfs, proc) if (bound := _processors_of(group))]
    return math.ceil(min([host, *bounds]))


def _groups(controller: str, sysfs: Path, proc: Path) -> Iterator[Path]:
    """Yield the folders of this process's group and of its parents, where `controller` may be."""
    for line in kernel_text(proc / "self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number != "0" and controller not in controllers.split(","):
            continue
        tree = sysfs / "fs/cgroup" / ("" if number == "0" else controller)
        own = PurePosixPath(path.lstrip("/"))
        yield from (tree / group for group in (own, *own.parents))


def _memory_of(group: Path) -> Memory | None:
    limit = _first_number(group / "memory.max", group / "memory.limit_in_bytes")
    used = _first_number(group / "memory.current", group / "memory.usage_in_bytes")
    if limit is None or used is None:
        return None
    return Memory(limit, max(0, limit - used + _idle_cache(group)))


def _idle_cache(group: Path) -> int:
    """Return the bytes of cached files that the kernel gives back first: they count as used, and can be had."""
    lines = (line.split() for line in kernel_text(group / "memory.stat").splitlines())
    stat = {name: int(size) for name, size in lines}
    return stat.get("total_inactive_file", stat.get("inactive_file", 0))  # in version 1 `total_` is with sub-groups


def _processors_of(group: Path) -> float | None:
    words = kernel_text(group / "cpu.max").split()
    words = words or [kernel_text(group / "cpu.cfs_quota_us"), kernel_text(group / "cpu.cfs_period_us")]
    quota, period = words
    return int(quota) / int(period) if quota.isdecimal() else None  # "max" and "-1" are no bound


def _first_number(*paths: Path) -> int | None:
    return next((number for path in paths if (number := kernel_number(path)) is not None), None)
