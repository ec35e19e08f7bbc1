"""Graphics processors, by what Linux, Windows and macOS tell about them. NVIDIA's are in `nvidia.py`.

A card that its driver tells nothing about is left out. Integrated Intel graphics count with no VRAM: they have none of
their own, and must not make a machine look larger than it is.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import NonNegativeFloat

from autocut_director.agent.hardware.kernel_files import kernel_number, kernel_text
from autocut_director.agent.hardware.limits import Memory
from autocut_director.agent.values import Value

Vendor = Literal["nvidia", "amd", "intel", "apple", "unknown"]

# By PCI id. NVIDIA is not here: NVML alone speaks for its cards, and one without NVIDIA's driver runs no model.
_VENDORS: dict[str, Vendor] = {"1002": "amd", "8086": "intel"}
_SHARE = 2 / 3  # of unified memory that the graphics may have

_DISPLAYS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
_SIZE = "HardwareInformation.qwMemorySize"
_PCI = re.compile(r"pci\\ven_([0-9a-f]{4})&dev_([0-9a-f]{4})", re.IGNORECASE)
_DISCRETE_INTEL = ("49", "56", "e2")  # DG1, Alchemist, Battlemage: how their ids begin in Linux's drm/intel/pciids.h

_PATIENCE_S = 2.0
_MAC_SIZE = re.compile(r"(\d+) (MB|GB)")
_MAC_UNITS = {"MB": 2**20, "GB": 2**30}


class Gpu(Value):
    """A graphics processor. `vram_total_gib` is 0 where it has no memory of its own, or the platform does not tell it.

    `vram_free_gib` is None where the platform does not tell. `unified`: it shares the processors' memory.
    """

    vendor: Vendor
    name: str
    vram_total_gib: NonNegativeFloat
    vram_free_gib: NonNegativeFloat | None = None
    unified: bool = False


def gib(size: float) -> float:
    """Return `size` bytes in GiB, to two decimals."""
    return round(size / 2**30, 2)


def unified_gpu(vendor: Vendor, name: str, memory: Memory) -> Gpu:
    """Return a GPU that shares `memory` with the processors. Two thirds of it count: the rest is for the system."""
    total, available = (gib(size * _SHARE) for size in memory)
    return Gpu(vendor=vendor, name=name, vram_total_gib=total, vram_free_gib=available, unified=True)


def linux_gpus(sysfs: Path = Path("/sys")) -> tuple[Gpu, ...]:
    """Return the AMD and Intel cards in `sysfs`."""
    cards = [path for path in (sysfs / "class/drm").glob("card*") if path.name[4:].isdecimal()]  # card0-DP-1: a socket
    found = (_card(path, sysfs) for path in sorted(cards, key=lambda path: int(path.name[4:])))
    return tuple(gpu for gpu in found if gpu is not None)


def _card(card: Path, sysfs: Path) -> Gpu | None:
    vendor = _VENDORS.get(kernel_text(card / "device/vendor").removeprefix("0x"))
    if vendor == "amd":
        return _amd_card(card / "device")
    if vendor == "intel":
        name = f"Intel GPU ({kernel_text(card / 'device/device')})"
        return Gpu(vendor="intel", name=name, vram_total_gib=gib(_intel_memory(card, sysfs)))
    return None


def _amd_card(device: Path) -> Gpu | None:
    """Read what amdgpu tells. An APU counts by the part of RAM that its firmware has set aside as VRAM, often small."""
    total, used = kernel_number(device / "mem_info_vram_total"), kernel_number(device / "mem_info_vram_used")
    if total is None:
        return None
    name = kernel_text(device / "product_name") or f"AMD GPU ({kernel_text(device / 'device')})"
    return Gpu(
        vendor="amd", name=name, vram_total_gib=gib(total), vram_free_gib=None if used is None else gib(total - used)
    )


def _intel_memory(card: Path, sysfs: Path) -> int:
    """Return the bytes of a card's own memory: 0 for integrated graphics, and where the kernel does not tell.

    The kernel's own xe tells through the root's control group since 6.14; its i915 tells nothing in files. Intel's
    drivers from outside the kernel have files of their own: xe one for each tile, i915 one for each card.
    """
    region = re.compile(rf"drm/{re.escape((card / 'device').resolve().name)}/vram\d* (\d+)")
    told = region.findall(kernel_text(sysfs / "fs/cgroup/dmem.capacity"))
    if told:
        return sum(map(int, told))
    tiles = [kernel_number(path) or 0 for path in (card / "device").glob("tile*/physical_vram_size_bytes")]
    return sum(tiles) or kernel_number(card / "lmem_total_bytes") or 0


def windows_gpus(entries: Iterable[Mapping[str, Any]]) -> tuple[Gpu, ...]:
    """Return the AMD and Intel cards among the registry's `entries`: the values under each key of the display class."""
    return tuple(gpu for entry in entries if (gpu := _entry(entry)) is not None)


def _entry(entry: Mapping[str, Any]) -> Gpu | None:
    found = _PCI.match(entry.get("MatchingDeviceId", ""))
    vendor = _VENDORS.get(found[1]) if found else None
    if found is None or vendor is None or "DriverDesc" not in entry:
        return None
    size = entry.get(_SIZE, 0)
    if isinstance(size, bytes):  # some drivers write the number as raw bytes
        size = int.from_bytes(size, "little")
    if vendor == "intel" and not found[2].lower().startswith(_DISCRETE_INTEL):
        size = 0  # the driver names a part of RAM
    return Gpu(vendor=vendor, name=entry["DriverDesc"], vram_total_gib=gib(size))


def registry_entries() -> Iterator[dict[str, Any]]:
    """Yield the values under each key of Windows' display class that the user may read; nothing elsewhere."""
    if sys.platform != "win32":
        return
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _DISPLAYS) as displays:
        keys = [winreg.EnumKey(displays, index) for index in range(winreg.QueryInfoKey(displays)[0])]
        for name in filter(str.isdecimal, keys):  # cards have numbers; "Properties" and others are none
            with suppress(PermissionError), winreg.OpenKey(displays, name) as key:
                values = [winreg.EnumValue(key, index) for index in range(winreg.QueryInfoKey(key)[1])]
                yield {label: value for label, value, _ in values}


def ask(*command: str) -> str:
    """Return what `command` prints; empty where there is no such command, it fails, or takes longer than 2 s."""
    try:
        done = subprocess.run(  # noqa: S603  # the commands are those below
            command, capture_output=True, check=True, timeout=_PATIENCE_S, encoding="utf-8", errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def mac_gpus(memory: Memory, answers: Callable[..., str] = ask) -> tuple[Gpu, ...]:
    """Return a Mac's graphics; `memory` is what Apple silicon shares with them.

    Apple silicon is known by its processor's name, which is right under Rosetta too, where Python believes in an Intel.
    """
    processor = answers("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
    if "Apple" in processor:
        return (unified_gpu("apple", processor, memory),)
    report = answers("/usr/sbin/system_profiler", "SPDisplaysDataType", "-json")
    displays = json.loads(report or "{}").get("SPDisplaysDataType", ())
    return tuple(gpu for display in displays if (gpu := _display(display)) is not None)


def _display(display: Mapping[str, Any]) -> Gpu | None:
    vendor = display.get("spdisplays_vendor", "").lower()
    name = display.get("sppci_model", "")
    if "intel" in vendor:
        return Gpu(vendor="intel", name=name, vram_total_gib=0)  # in a Mac it is integrated
    size = _MAC_SIZE.fullmatch(display.get("spdisplays_vram", ""))
    if size is None or not ("amd" in vendor or "0x1002" in vendor):
        return None
    return Gpu(vendor="amd", name=name, vram_total_gib=gib(int(size[1]) * _MAC_UNITS[size[2]]))
