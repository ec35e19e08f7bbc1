"""Graphics processors as each platform tells of them: trees like sysfs', the registry's entries, macOS' answers."""

# ruff: noqa: N802  # NVML's names

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import pynvml
import pytest

from autocut_director.agent.hardware.gpus import Gpu, ask, linux_gpus, mac_gpus, registry_entries, windows_gpus
from autocut_director.agent.hardware.limits import Memory
from autocut_director.agent.hardware.machine import detect_machine
from autocut_director.agent.hardware.nvidia import Nvml, nvidia_gpus

GIB = 2**30
BOARD = Memory(30 * GIB, 24 * GIB)


def write(root: Path, files: dict[str, str]) -> Path:
    """Write `files` under `root` as sysfs shows them: one line each."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    return root


def card(number: int, vendor: str, device: str, **files: str) -> dict[str, str]:
    folder = f"class/drm/card{number}/device"
    ids = {f"{folder}/vendor": vendor, f"{folder}/device": device}
    return ids | {f"{folder}/{name}": text for name, text in files.items()}


def amd(number: int, device: str, total: int, used: int, **files: str) -> dict[str, str]:
    return card(number, "0x1002", device, mem_info_vram_total=str(total), mem_info_vram_used=str(used), **files)


def gpu(vendor: Any, name: str, total: float, free: float | None = None, **rest: Any) -> Gpu:
    return Gpu(vendor=vendor, name=name, vram_total_gib=total, vram_free_gib=free, **rest)


RX_7900 = amd(0, "0x744c", 24 * GIB, 2 * GIB)
TILE = "class/drm/card0/device/tile{}/physical_vram_size_bytes"
LINUX = {
    "no graphics": ({}, ()),
    "one AMD": (RX_7900, (gpu("amd", "AMD GPU (0x744c)", 24, 22),)),
    "an AMD with a name": (
        amd(0, "0x74a1", 192 * GIB, 0, product_name="AMD Instinct MI300X"),
        (gpu("amd", "AMD Instinct MI300X", 192, 192),),
    ),
    "an AMD whose product name is empty": (
        amd(0, "0x744c", 24 * GIB, 0, product_name=""),
        (gpu("amd", "AMD GPU (0x744c)", 24, 24),),
    ),
    "two AMD, in the order of their numbers": (
        amd(10, "0x73bf", 16 * GIB, GIB) | amd(2, "0x744c", 24 * GIB, GIB),
        (gpu("amd", "AMD GPU (0x744c)", 24, 23), gpu("amd", "AMD GPU (0x73bf)", 16, 15)),
    ),
    "an APU counts by its VRAM": (
        amd(0, "0x1681", GIB // 2, GIB // 4, mem_info_gtt_total=str(14 * GIB)),
        (gpu("amd", "AMD GPU (0x1681)", 0.5, 0.25),),
    ),
    "an AMD with the old driver": (card(0, "0x1002", "0x6779"), ()),
    "an AMD that does not tell what is used": (
        card(0, "0x1002", "0x744c", mem_info_vram_total=str(24 * GIB)),
        (gpu("amd", "AMD GPU (0x744c)", 24),),
    ),
    "sockets are no cards": (
        RX_7900 | {"class/drm/card0-DP-1/device/vendor": "0x1002", "class/drm/renderD128/device/vendor": "0x1002"},
        (gpu("amd", "AMD GPU (0x744c)", 24, 22),),
    ),
    "integrated Intel": (card(0, "0x8086", "0x46a6"), (gpu("intel", "Intel GPU (0x46a6)", 0),)),
    "discrete Intel, i915 of Intel's own": (
        card(0, "0x8086", "0x56a0") | {"class/drm/card0/lmem_total_bytes": str(16 * GIB)},
        (gpu("intel", "Intel GPU (0x56a0)", 16),),
    ),
    "discrete Intel of two tiles, xe of Intel's own": (
        card(0, "0x8086", "0x0bd5") | {TILE.format(0): str(64 * GIB), TILE.format(1): str(64 * GIB)},
        (gpu("intel", "Intel GPU (0x0bd5)", 128),),
    ),
    "NVIDIA is not told by sysfs": (card(0, "0x10de", "0x2684"), ()),
    "a virtual card": (card(0, "0x1af4", "0x1050"), ()),
    "a display that is no PCI card": ({"class/drm/card0/device/uevent": "DRIVER=simple-framebuffer"}, ()),
}


@pytest.mark.parametrize(("files", "found"), LINUX.values(), ids=LINUX)
def test_linux_tells_of_cards_in_sysfs(tmp_path: Path, files: dict[str, str], found: tuple[Gpu, ...]) -> None:
    assert linux_gpus(write(tmp_path, files)) == found


@pytest.mark.skipif(sys.platform == "win32", reason="a PCI address is no name for a folder in Windows")
def test_intels_memory_is_told_by_the_root_control_group(tmp_path: Path) -> None:
    """Each card gets the regions at its own address; memory that is not VRAM does not count."""
    write(tmp_path, {"fs/cgroup/dmem.capacity": (
        "drm/0000:03:00.0/vram0 12750684160\ndrm/0000:03:00.0/stolen 67108864\n"
        "drm/0000:00:02.0/stolen 67108864\ndrm/0000:13:00.0/vram0 1073741824"
    )})  # fmt: skip
    for number, address, device in [(0, "0000:00:02.0", "0x64a0"), (1, "0000:03:00.0", "0xe20b")]:
        folder = f"devices/pci0000:00/{address}"
        write(tmp_path, {f"{folder}/vendor": "0x8086", f"{folder}/device": device})
        (tmp_path / f"class/drm/card{number}").mkdir(parents=True)
        (tmp_path / f"class/drm/card{number}/device").symlink_to(tmp_path / folder)
    assert linux_gpus(tmp_path) == (gpu("intel", "Intel GPU (0x64a0)", 0), gpu("intel", "Intel GPU (0xe20b)", 11.88))


def entry(device: str, name: str, size: int | bytes | None) -> dict[str, Any]:
    values = {
        "DriverDesc": name,
        "MatchingDeviceId": device,
        "ProviderName": "a maker",
        "HardwareInformation.qwMemorySize": size,
    }
    return {label: value for label, value in values.items() if value is not None}


WINDOWS = {
    "no graphics": ([], ()),
    "AMD": (
        [entry(r"PCI\VEN_1002&DEV_744C&REV_C8", "AMD Radeon RX 7900 XTX", 0x5FF000000)],
        (gpu("amd", "AMD Radeon RX 7900 XTX", 23.98),),
    ),
    "a size in raw bytes": (
        [entry(r"pci\ven_1002&dev_73bf", "AMD Radeon RX 6800 XT", (16 * GIB).to_bytes(8, "little"))],
        (gpu("amd", "AMD Radeon RX 6800 XT", 16),),
    ),
    "integrated and discrete Intel": (
        [
            entry(r"PCI\VEN_8086&DEV_9A49", "Intel(R) Iris(R) Xe Graphics", 0x80000000),
            entry(r"PCI\VEN_8086&DEV_64A0", "Intel(R) Arc(TM) 140V GPU (16GB)", 16 * GIB),
            entry(r"PCI\VEN_8086&DEV_56A0", "Intel(R) Arc(TM) A770 Graphics", 16 * GIB),
            entry(r"PCI\VEN_8086&DEV_E20B", "Intel(R) Arc(TM) B580 Graphics", 12 * GIB),
        ],
        (
            gpu("intel", "Intel(R) Iris(R) Xe Graphics", 0),
            gpu("intel", "Intel(R) Arc(TM) 140V GPU (16GB)", 0),
            gpu("intel", "Intel(R) Arc(TM) A770 Graphics", 16),
            gpu("intel", "Intel(R) Arc(TM) B580 Graphics", 12),
        ),
    ),
    "others": (
        [
            entry(r"pci\ven_10de&dev_2684", "NVIDIA GeForce RTX 4090", 24 * GIB),
            entry(r"PCI\CC_0300", "Microsoft Basic Display Adapter", None),
            entry(r"root\basicrender", "Microsoft Basic Render Driver", 0),
            {"UserModeDriverGUID": "{0}"},
            {"MatchingDeviceId": r"PCI\VEN_1002&DEV_744C"},
        ],
        (),
    ),
    "a driver that tells no size": (
        [entry(r"PCI\VEN_1002&DEV_6779", "AMD Radeon HD 6450", None)],
        (gpu("amd", "AMD Radeon HD 6450", 0),),
    ),
}


@pytest.mark.parametrize(("entries", "found"), WINDOWS.values(), ids=WINDOWS)
def test_windows_tells_of_cards_in_the_registry(entries: list[dict[str, Any]], found: tuple[Gpu, ...]) -> None:
    assert windows_gpus(entries) == found


def test_the_registry_is_read_on_windows_alone() -> None:
    assert any("DriverDesc" in values for values in registry_entries()) == (sys.platform == "win32")


RADEON = {
    "_name": "kHW_AMDRadeonPro5500MItem",
    "spdisplays_device-id": "0x7340",
    "spdisplays_vendor": "sppci_vendor_amd",
    "spdisplays_vram": "8 GB",
    "sppci_bus": "spdisplays_pcie_device",
    "sppci_device_type": "spdisplays_gpu",
    "sppci_model": "AMD Radeon Pro 5500M",
}
UHD_630 = {
    "_name": "kHW_IntelUHDGraphics630Item",
    "spdisplays_device-id": "0x3e9b",
    "spdisplays_vendor": "Intel",
    "spdisplays_vram_shared": "1536 MB",
    "sppci_bus": "spdisplays_builtin",
    "sppci_model": "Intel UHD Graphics 630",
}
OLD_RADEON = RADEON | {"spdisplays_vendor": "ATI (0x1002)", "spdisplays_vram": "512 MB", "sppci_model": "ATI HD 5670"}
OLD_NVIDIA = RADEON | {"spdisplays_vendor": "NVIDIA (0x10de)", "sppci_model": "NVIDIA GeForce GT 750M"}

MACS = {
    "Apple silicon": ("Apple M3 Pro", None, (gpu("apple", "Apple M3 Pro", 20, 16, unified=True),)),
    "Apple silicon under Rosetta": (
        "VirtualApple @ 2.50GHz",
        None,
        (gpu("apple", "VirtualApple @ 2.50GHz", 20, 16, unified=True),),
    ),
    "Intel with two": (
        "Intel(R) Core(TM) i9-9880H CPU @ 2.30GHz",
        [UHD_630, RADEON],
        (gpu("intel", "Intel UHD Graphics 630", 0), gpu("amd", "AMD Radeon Pro 5500M", 8)),
    ),
    "Intel, older": ("Intel(R) Core(TM) i5 CPU", [OLD_RADEON, OLD_NVIDIA], (gpu("amd", "ATI HD 5670", 0.5),)),
    "Intel without a display": ("Intel(R) Xeon(R) CPU", [], ()),
    "nothing answers": ("", None, ()),
}


@pytest.mark.parametrize(("processor", "displays", "found"), MACS.values(), ids=MACS)
def test_macos_tells_of_its_graphics(processor: str, displays: list[Any] | None, found: tuple[Gpu, ...]) -> None:
    def answers(command: str, *_: str) -> str:
        if command.endswith("sysctl"):
            return processor
        return "" if displays is None else json.dumps({"SPDisplaysDataType": displays})

    assert mac_gpus(BOARD, answers) == found


def test_a_command_that_cannot_answer_says_nothing() -> None:
    assert ask(sys.executable, "-c", "print('Apple M3')") == "Apple M3"
    assert ask(sys.executable, "-c", "print('half'); raise SystemExit(1)") == ""
    assert ask("/usr/sbin/there is no such command") == ""


class Card:
    """A card of the library below: `memory` is an error that NVML returns, or total and used bytes."""

    def __init__(self, name: str, memory: int | tuple[int, int], slices: dict[int, "Card"] | None = None) -> None:
        self.name, self.memory, self.slices = name, memory, slices


class Library:
    """What `pynvml` is with these cards in the machine: its own errors and structures, only the driver is not there."""

    NVMLError = pynvml.NVMLError
    NVMLError_NotSupported = pynvml.NVMLError_NotSupported
    NVML_DEVICE_MIG_ENABLE = pynvml.NVML_DEVICE_MIG_ENABLE

    def __init__(self, *cards: Card | int, start: int = pynvml.NVML_SUCCESS) -> None:
        self.cards, self.start, self.open = cards, start, 0

    def nvmlInit(self) -> None:
        pynvml._nvmlCheckReturn(self.start)
        self.open += 1

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:
        if isinstance(found := self.cards[index], int):
            raise pynvml.NVMLError(found)
        return found

    def nvmlDeviceGetName(self, handle: Any) -> str:
        return handle.name

    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any:
        if isinstance(handle.memory, int):
            raise pynvml.NVMLError(handle.memory)
        total, used = handle.memory
        return pynvml.c_nvmlMemory_t(total=total, free=total - used, used=used)

    def nvmlDeviceGetMigMode(self, device: Any) -> list[int]:
        if device.slices is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        mode = pynvml.NVML_DEVICE_MIG_ENABLE if device.slices else pynvml.NVML_DEVICE_MIG_DISABLE
        return [mode, mode]

    def nvmlDeviceGetMaxMigDeviceCount(self, device: Any) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, device: Any, index: int) -> Any:
        if index not in device.slices:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return device.slices[index]


RTX_4090 = Card("NVIDIA GeForce RTX 4090", (24 * GIB, 2 * GIB))
A100 = "NVIDIA A100-SXM4-80GB"
NVIDIA = {
    "no card": (Library(), ()),
    "no library": (Library(RTX_4090, start=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND), ()),
    "no driver": (Library(RTX_4090, start=pynvml.NVML_ERROR_DRIVER_NOT_LOADED), ()),
    "a driver that was replaced under us": (Library(RTX_4090, start=pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH), ()),
    "two cards": (
        Library(RTX_4090, Card("NVIDIA GeForce RTX 3060", (12 * GIB, 12 * GIB))),
        (gpu("nvidia", "NVIDIA GeForce RTX 4090", 24, 22), gpu("nvidia", "NVIDIA GeForce RTX 3060", 12, 0)),
    ),
    "one is lost": (
        Library(pynvml.NVML_ERROR_GPU_IS_LOST, RTX_4090),
        (gpu("nvidia", "NVIDIA GeForce RTX 4090", 24, 22),),
    ),
    "one is lost while it is asked": (
        Library(RTX_4090, Card("NVIDIA T4", pynvml.NVML_ERROR_GPU_IS_LOST)),
        (gpu("nvidia", "NVIDIA GeForce RTX 4090", 24, 22),),
    ),
    "one is for others": (
        Library(pynvml.NVML_ERROR_NO_PERMISSION, RTX_4090),
        (gpu("nvidia", "NVIDIA GeForce RTX 4090", 24, 22),),
    ),
    "unified memory": (
        Library(Card("NVIDIA GB10", pynvml.NVML_ERROR_NOT_SUPPORTED)),
        (gpu("nvidia", "NVIDIA GB10", 20, 16, unified=True),),
    ),
    "MIG is off": (Library(Card(A100, (80 * GIB, 0), slices={})), (gpu("nvidia", A100, 80, 80),)),
    "MIG counts by its slices": (
        Library(Card(A100, pynvml.NVML_ERROR_NO_PERMISSION, slices={
            0: Card("a slice", (40 * GIB, GIB)), 3: Card("a slice", (10 * GIB, 0)),
        })),
        (gpu("nvidia", f"{A100} (MIG)", 40, 39), gpu("nvidia", f"{A100} (MIG)", 10, 10)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("library", "found"), NVIDIA.values(), ids=NVIDIA)
def test_nvml_tells_of_nvidias_cards_and_is_closed_again(library: Library, found: tuple[Gpu, ...]) -> None:
    assert nvidia_gpus(BOARD, library) == found
    assert library.open == 0


def test_nvml_is_closed_when_something_else_goes_wrong() -> None:
    library = Library(Card("NVIDIA T4", (1, 2, 3)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="too many values"):
        nvidia_gpus(BOARD, library)
    assert library.open == 0


@pytest.mark.parametrize("name", [name for name in vars(Nvml) if name.startswith("nvml")])
def test_the_library_of_these_tests_is_called_as_pynvml_is(name: str) -> None:
    real = [p for p in inspect.signature(getattr(pynvml, name)).parameters.values() if p.default is p.empty]
    ours = inspect.signature(getattr(Library(), name)).parameters
    assert len(ours) == len(real)


@pytest.mark.skipif(sys.platform == "darwin", reason="no Mac that runs this has an NVIDIA card")
def test_the_machine_has_the_cards_that_nvml_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Library(RTX_4090))
    assert gpu("nvidia", "NVIDIA GeForce RTX 4090", 24, 22) in detect_machine().gpus
