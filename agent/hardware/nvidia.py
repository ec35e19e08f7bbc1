"""NVIDIA's graphics processors, by NVML, the library that comes with NVIDIA's driver."""

# ruff: noqa: D102, N802  # the names are NVML's, and NVIDIA describes them

from contextlib import suppress
from typing import Any, Protocol

from autocut_director.agent.hardware.gpus import Gpu, gib, unified_gpu
from autocut_director.agent.hardware.limits import Memory


class Nvml(Protocol):
    """What is used of the module `pynvml`."""

    NVMLError: type[Exception]
    NVMLError_NotSupported: type[Exception]
    NVML_DEVICE_MIG_ENABLE: int

    def nvmlInit(self) -> None: ...
    def nvmlShutdown(self) -> None: ...
    def nvmlDeviceGetCount(self) -> int: ...
    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any: ...
    def nvmlDeviceGetName(self, handle: Any) -> str: ...
    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any: ...
    def nvmlDeviceGetMigMode(self, device: Any) -> list[int]: ...
    def nvmlDeviceGetMaxMigDeviceCount(self, device: Any) -> int: ...
    def nvmlDeviceGetMigDeviceHandleByIndex(self, device: Any, index: int) -> Any: ...


def nvidia_gpus(memory: Memory, nvml: Nvml | None = None) -> tuple[Gpu, ...]:
    """Return NVIDIA's GPUs; none where NVML or the driver is not there. One that does not answer is left out.

    Args:
        memory: What boards with unified memory share with their GPU.
        nvml: Stands for the module `pynvml`.
    """
    nvml = nvml or _pynvml()
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return ()
    try:
        return tuple(gpu for index in range(_count(nvml)) for gpu in _gpus_of(nvml, index, memory))
    finally:
        nvml.nvmlShutdown()


def _pynvml() -> Nvml:
    import pynvml  # 30 ms

    module: Nvml = pynvml
    return module


def _count(nvml: Nvml) -> int:
    try:
        return nvml.nvmlDeviceGetCount()
    except nvml.NVMLError:
        return 0


def _gpus_of(nvml: Nvml, index: int, memory: Memory) -> list[Gpu]:
    """Return the card at `index`, or its slices where it is cut up: a program gets one of them, never the whole."""
    try:
        card = nvml.nvmlDeviceGetHandleByIndex(index)
        name = nvml.nvmlDeviceGetName(card)
        if _is_cut_up(nvml, card):
            return [_gpu(nvml, part, f"{name} (MIG)", memory) for part in _slices(nvml, card)]
        return [_gpu(nvml, card, name, memory)]
    except nvml.NVMLError:  # lost, or not for this user
        return []


def _is_cut_up(nvml: Nvml, card: Any) -> bool:
    try:
        current, _pending = nvml.nvmlDeviceGetMigMode(card)
    except nvml.NVMLError:  # most cards, and older drivers, know no such mode
        return False
    return current == nvml.NVML_DEVICE_MIG_ENABLE


def _slices(nvml: Nvml, card: Any) -> list[Any]:
    found = []
    for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(card)):
        with suppress(nvml.NVMLError):  # no slice has this number, or it is another user's
            found.append(nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, index))
    return found


def _gpu(nvml: Nvml, handle: Any, name: str, memory: Memory) -> Gpu:
    try:
        vram = nvml.nvmlDeviceGetMemoryInfo(handle)
    except nvml.NVMLError_NotSupported:  # Jetson, Thor, GB10: the GPU has no memory but the board's
        return unified_gpu("nvidia", name, memory)
    return Gpu(vendor="nvidia", name=name, vram_total_gib=gib(vram.total), vram_free_gib=gib(vram.free))
