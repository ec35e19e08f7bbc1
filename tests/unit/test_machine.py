"""What this machine is, and how much of it a container leaves, by control groups of both versions."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autocut_director.agent.hardware.limits import Memory, bounded_memory, bounded_threads
from autocut_director.agent.hardware.machine import Gpu, Machine, detect_machine

GIB = 2**30
HOST = Memory(64 * GIB, 48 * GIB)
NO_BOUND = "9223372036854771712"  # how version 1 says so

IN_CONTAINER = {"proc/self/cgroup": "0::/"}
V1 = "11:cpu,cpuacct:/docker/4f1c\n9:memory:/docker/4f1c\n1:name=systemd:/docker/4f1c\n0::/containerd.service"


def tree(root: Path, files: dict[str, str]) -> dict[str, Path]:
    """Write `files` as the kernel would show them; return the folders as arguments."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    return {"sysfs": root / "sys", "proc": root / "proc"}


def v2(group: str, limit: str, used: int, idle: int = 0) -> dict[str, str]:
    folder = f"sys/fs/cgroup/{group}"
    return {
        f"{folder}/memory.max": limit,
        f"{folder}/memory.current": str(used),
        f"{folder}/memory.stat": f"anon {used - idle}\nfile {idle}\nactive_file 0\ninactive_file {idle}",
    }


def v1(group: str, limit: str, used: int, idle: int = 0) -> dict[str, str]:
    folder = f"sys/fs/cgroup/memory/{group}"
    return {
        f"{folder}/memory.limit_in_bytes": limit,
        f"{folder}/memory.usage_in_bytes": str(used),
        f"{folder}/memory.stat": f"cache {idle}\ninactive_file 0\ntotal_cache {idle}\ntotal_inactive_file {idle}",
    }


MEMORY = {
    "no control groups at all": ({}, HOST),
    "a group without the controller": (IN_CONTAINER, HOST),
    "version 2, no bound": (IN_CONTAINER | v2("", "max", 5 * GIB), HOST),
    "version 2, in a container": (IN_CONTAINER | v2("", str(8 * GIB), 3 * GIB), Memory(8 * GIB, 5 * GIB)),
    "idle cache can be had": (IN_CONTAINER | v2("", str(8 * GIB), 3 * GIB, GIB), Memory(8 * GIB, 6 * GIB)),
    "more used than allowed": (IN_CONTAINER | v2("", str(2 * GIB), 3 * GIB), Memory(2 * GIB, 0)),
    "a bound above the host": (IN_CONTAINER | v2("", str(256 * GIB), 3 * GIB), HOST),
    "a bound that the host cannot fill": (IN_CONTAINER | v2("", str(60 * GIB), GIB), Memory(60 * GIB, 48 * GIB)),
    "the parent is tighter": (
        {"proc/self/cgroup": "0::/user.slice/app.scope"}
        | v2("user.slice/app.scope", str(32 * GIB), GIB)
        | v2("user.slice", str(16 * GIB), 14 * GIB),
        Memory(16 * GIB, 2 * GIB),
    ),
    "total by one group, available by another": (
        {"proc/self/cgroup": "0::/user.slice/app.scope"}
        | v2("user.slice/app.scope", str(8 * GIB), GIB)
        | v2("user.slice", str(16 * GIB), 14 * GIB),
        Memory(8 * GIB, 2 * GIB),
    ),
    "a path from outside the container": (
        {"proc/self/cgroup": "0::/kubepods/pod1/4f1c"} | v2("", str(4 * GIB), GIB),
        Memory(4 * GIB, 3 * GIB),
    ),
    "a group beside the namespace": (
        {"proc/self/cgroup": "0::/../other"} | v2("", str(4 * GIB), GIB),
        Memory(4 * GIB, 3 * GIB),
    ),
    "version 1, no bound": ({"proc/self/cgroup": V1} | v1("", NO_BOUND, 30 * GIB), HOST),
    "version 1, in a container": (
        {"proc/self/cgroup": V1} | v1("", str(6 * GIB), 4 * GIB, GIB),
        Memory(6 * GIB, 3 * GIB),
    ),
    "version 1, on the host": (
        {"proc/self/cgroup": V1} | v1("", NO_BOUND, 30 * GIB) | v1("docker/4f1c", str(6 * GIB), GIB),
        Memory(6 * GIB, 5 * GIB),
    ),
}


@pytest.mark.parametrize(("files", "left"), MEMORY.values(), ids=MEMORY)
def test_memory_is_what_the_control_groups_leave(tmp_path: Path, files: dict[str, str], left: Memory) -> None:
    assert bounded_memory(HOST, **tree(tmp_path, files)) == left


V1_CPU = "sys/fs/cgroup/cpu"
THREADS = {
    "no control groups at all": ({}, 24),
    "version 2, no bound": (IN_CONTAINER | {"sys/fs/cgroup/cpu.max": "max 100000"}, 24),
    "version 2, four": (IN_CONTAINER | {"sys/fs/cgroup/cpu.max": "400000 100000"}, 4),
    "one and a half is two": (IN_CONTAINER | {"sys/fs/cgroup/cpu.max": "150000 100000"}, 2),
    "a tenth is one": (IN_CONTAINER | {"sys/fs/cgroup/cpu.max": "10000 100000"}, 1),
    "more than there are": (IN_CONTAINER | {"sys/fs/cgroup/cpu.max": "6400000 100000"}, 24),
    "another period": (IN_CONTAINER | {"sys/fs/cgroup/cpu.max": "150000 50000"}, 3),
    "the parent is tighter": (
        {"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/b/cpu.max": "800000 100000"}
        | {"sys/fs/cgroup/a/cpu.max": "200000 100000"},
        2,
    ),
    "version 1, no bound": (
        {"proc/self/cgroup": V1, f"{V1_CPU}/cpu.cfs_quota_us": "-1", f"{V1_CPU}/cpu.cfs_period_us": "100000"},
        24,
    ),
    "version 1, two and a bit": (
        {"proc/self/cgroup": V1, f"{V1_CPU}/cpu.cfs_quota_us": "210000", f"{V1_CPU}/cpu.cfs_period_us": "100000"},
        3,
    ),
}


@pytest.mark.parametrize(("files", "left"), THREADS.values(), ids=THREADS)
def test_threads_are_what_the_control_groups_leave(tmp_path: Path, files: dict[str, str], left: int) -> None:
    assert bounded_threads(24, **tree(tmp_path, files)) == left


def test_this_machine_is_found_quickly_and_agrees_with_psutil() -> None:
    detect_machine()  # the first call imports what NVML needs
    started = time.perf_counter()
    machine = detect_machine()
    assert time.perf_counter() - started < 0.5
    ram = psutil.virtual_memory()
    assert 0 < machine.ram_available_gib <= machine.ram_total_gib <= round(ram.total / GIB, 2)
    assert 1 <= machine.cpu_threads <= (psutil.cpu_count() or 1)
    assert machine.os in {"Linux", "macOS", "Windows"}


@pytest.mark.skipif(not hasattr(psutil.Process(), "cpu_affinity"), reason="macOS binds no process to processors")
def test_threads_are_those_that_the_process_is_bound_to() -> None:
    own = psutil.Process().cpu_affinity()
    try:
        psutil.Process().cpu_affinity(own[:1])
        assert detect_machine().cpu_threads == 1
    finally:
        psutil.Process().cpu_affinity(own)


def test_looking_at_the_machine_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from autocut_director.agent.hardware.machine import detect_machine; detect_machine();"
        "print(sorted({'langchain', 'langchain_core', 'cv2', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8")
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def machine(threads: int = 8, *vram: float) -> Machine:
    gpus = tuple(Gpu(vendor="nvidia", name=f"card {n}", vram_total_gib=size) for n, size in enumerate(vram))
    return Machine(os="Linux", cpu_threads=threads, ram_total_gib=16, ram_available_gib=8, gpus=gpus)


@pytest.mark.parametrize(
    ("threads", "score"),
    [(1, "low"), (7, "low"), (8, "medium"), (11, "medium"), (12, "high"), (15, "high"), (16, "ultra"), (128, "ultra")],
)
def test_the_score_goes_by_threads(threads: int, score: str) -> None:
    assert machine(threads).cpu_score == score


def test_the_largest_gpu_is_the_one_with_the_most_memory() -> None:
    assert machine(8).largest_gpu is None
    assert machine(8, 4, 24, 8).largest_gpu == Gpu(vendor="nvidia", name="card 1", vram_total_gib=24)
