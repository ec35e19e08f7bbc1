"""What this machine is: processors, memory, graphics, as far as a program may use them."""

import sys
from typing import Literal

import psutil
from pydantic import NonNegativeFloat, PositiveInt

from autocut_director.agent.hardware.gpus import Gpu, Vendor, gib, linux_gpus, mac_gpus, registry_entries, windows_gpus
from autocut_director.agent.hardware.limits import Memory, bounded_memory, bounded_threads
from autocut_director.agent.hardware.nvidia import nvidia_gpus
from autocut_director.agent.values import Value

__all__ = ["CpuScore", "Gpu", "Machine", "Vendor", "detect_machine"]

CpuScore = Literal["low", "medium", "high", "ultra"]

_SCORES: tuple[tuple[int, CpuScore], ...] = ((16, "ultra"), (12, "high"), (8, "medium"), (0, "low"))  # threads and more
_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


class Machine(Value):
    """A machine, or the container that the program is in: what it may use, in GiB and threads.

    `os` is "Linux", "macOS", "Windows", or what Python calls another system.
    """

    os: str
    cpu_threads: PositiveInt
    ram_total_gib: NonNegativeFloat
    ram_available_gib: NonNegativeFloat
    gpus: tuple[Gpu, ...] = ()

    @property
    def cpu_score(self) -> CpuScore:
        """The processors' score: low < 8 threads ≤ medium < 12 ≤ high < 16 ≤ ultra."""
        return next(score for least, score in _SCORES if self.cpu_threads >= least)

    @property
    def largest_gpu(self) -> Gpu | None:
        """The GPU with the most VRAM in all."""
        return max(self.gpus, key=lambda gpu: gpu.vram_total_gib, default=None)


def detect_machine() -> Machine:
    """Find out what this machine is. Takes well under 0.3 s; a GPU whose driver does not answer is left out.

    On an Intel Mac it takes longer: `system_profiler` is given 2 s.
    """
    system = _SYSTEMS.get(sys.platform, sys.platform)
    ram = psutil.virtual_memory()
    memory = bounded_memory(Memory(ram.total, ram.available))
    return Machine(
        os=system,
        cpu_threads=bounded_threads(_threads()),
        ram_total_gib=gib(memory.total),
        ram_available_gib=gib(memory.available),
        gpus=_gpus(system, memory),
    )


def _threads() -> int:
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # macOS has none
        return len(process.cpu_affinity())
    return psutil.cpu_count() or 1


def _gpus(system: str, memory: Memory) -> tuple[Gpu, ...]:
    if system == "macOS":
        return mac_gpus(memory)
    others = windows_gpus(registry_entries()) if system == "Windows" else linux_gpus()
    return (*nvidia_gpus(memory), *others)
