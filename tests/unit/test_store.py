"""The store's file: what comes back, what goes first, and what becomes of it when the disk or another process is in the
way."""

import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autocut_director.agent.settings import Settings, cache_folder
from autocut_director.errors import InputError
from autocut_director.tools.store import NO_STORE, Entry, Key, SceneStore
from autocut_director.tools.store.database import ASIDE, FILE
from autocut_director.tools.store.upkeep import clear, holdings

WINDOWS = sys.platform == "win32"
PICTURE = bytes(range(256)) * 80  # 20 KiB


def still(number: int, film: str = "sha256:a") -> Key:
    return Key.of("still", film=film, index=number)


def kept(store: SceneStore, numbers: range) -> list[int]:
    return [number for number in numbers if store.find(still(number)) is not None]


def filled(folder: Path, count: int = 3) -> Path:
    """A store of some stills, closed; its file."""
    store = SceneStore(folder)
    for number in range(count):
        store.keep(still(number), Entry({"number": number}, PICTURE))
    assert store.news() == ()
    return folder / FILE


def troubles(store: SceneStore) -> list[str]:
    return [trouble.sentence for trouble in store.news()]


def test_what_is_kept_comes_back_in_another_process_too(tmp_path: Path) -> None:
    file = filled(tmp_path / "new" / "folder")
    again = SceneStore(file.parent)
    assert again.find(still(1)) == Entry({"number": 1}, PICTURE)
    assert again.find(still(9)) is None
    again.keep(still(1), Entry({"number": "二"}))
    assert SceneStore(file.parent).find(still(1)) == Entry({"number": "二"})


def test_a_key_is_all_that_an_entry_depends_on() -> None:
    keys = {still(1), still(2), still(1, film="sha256:b"), Key.of("signals", film="sha256:a", index=1)}
    assert len({key.digest for key in keys}) == 4
    assert Key.of("text", a=1, b=2) == Key.of("text", b=2, a=1)


@pytest.mark.skipif(WINDOWS, reason="Windows has other permissions")
def test_it_is_nobody_elses_to_read(tmp_path: Path) -> None:
    store = SceneStore(tmp_path / "mine")
    store.keep(still(1), Entry({}, PICTURE))
    files = list((tmp_path / "mine").iterdir())
    assert {file.name for file in files} == {FILE, f"{FILE}-wal", f"{FILE}-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o700


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    hours = iter(range(0, 10**9, 7200))
    store = SceneStore(tmp_path, most_bytes=400_000, clock=lambda: next(hours))
    for number in range(10):
        store.keep(still(number), Entry({}, PICTURE))
    store.find(still(0))  # used again
    for number in range(10, 20):
        store.keep(still(number), Entry({}, PICTURE))
    there = kept(store, range(20))
    assert there[0] == 0
    assert there[1:] == list(range(20 - len(there) + 1, 20))
    assert len(there) > 10
    assert (tmp_path / FILE).stat().st_size <= 440_000
    assert troubles(store) == []


def test_many_threads_share_one_store(tmp_path: Path) -> None:
    store = SceneStore(tmp_path)

    def work(number: int) -> bool:
        store.keep(still(number), Entry({"number": number}, PICTURE))
        return store.find(still(number)) == Entry({"number": number}, PICTURE)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(200)))
    assert troubles(store) == []
    assert holdings(tmp_path).entries == {"still": 200}


def test_many_processes_begin_and_share_one_store(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from autocut_director.tools.store import *\n"
        "store = SceneStore(Path(sys.argv[1]))\n"
        "for n in range(40): store.keep(Key.of('still', film=sys.argv[2], n=n), Entry({'n': n}, bytes(9000)))\n"
        "assert store.news() == ()\n"
        "assert all(store.find(Key.of('still', film=sys.argv[2], n=n)) for n in range(40))"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)]) for n in range(6)]
    assert [run.wait(timeout=60) for run in runs] == [0] * 6
    held = holdings(tmp_path)
    assert (held.films, held.entries) == (6, {"still": 240})


# ---------------------------------------------------------------- what is in the way


def test_a_file_of_rubbish_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 500)
    store = SceneStore(tmp_path)
    store.keep(still(1), Entry({}, PICTURE))
    assert store.find(still(1)) == Entry({}, PICTURE)
    (trouble,) = store.news()
    assert (trouble.sentence, trouble.values["path"]) == ("store_set_aside", str(tmp_path / ASIDE))
    assert (tmp_path / ASIDE).read_bytes().startswith(b"no database at all")
    assert troubles(SceneStore(tmp_path)) == []


def test_a_file_that_is_damaged_inside_is_set_aside_when_that_shows(tmp_path: Path) -> None:
    file = filled(tmp_path, 60)
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(os.urandom(file.stat().st_size - 4096))
    store = SceneStore(tmp_path)
    assert kept(store, range(60)) == []
    store.keep(still(1), Entry({"again": True}))
    assert store.find(still(1)) == Entry({"again": True})
    assert troubles(store) == ["store_set_aside"]


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
def test_a_file_that_is_cut_short_is_set_aside(tmp_path: Path, share: float) -> None:
    file = filled(tmp_path, 60)
    os.truncate(file, int(file.stat().st_size * share))
    store = SceneStore(tmp_path)
    kept(store, range(60))
    store.keep(still(1), Entry({"again": True}))
    assert store.find(still(1)) == Entry({"again": True})
    assert troubles(store) in ([], ["store_set_aside"])


@pytest.mark.parametrize("seed", range(20))
def test_no_damage_comes_back_as_an_entry(tmp_path: Path, seed: int) -> None:
    """Bytes are changed here and there: what comes back is what was kept, or nothing."""
    file, draw = filled(tmp_path, 60), random.Random(seed)
    data = bytearray(file.read_bytes())
    for _ in range(40):
        data[draw.randrange(100, len(data))] = draw.randrange(256)
    file.write_bytes(data)
    store = SceneStore(tmp_path)
    for number in range(60):
        assert store.find(still(number)) in (None, Entry({"number": number}, PICTURE))
    store.keep(still(1), Entry({"again": True}))
    assert set(troubles(store)) <= {"store_set_aside", "store_only_read", "store_not_used"}


def test_a_picture_that_the_disk_changed_counts_as_not_there(tmp_path: Path) -> None:
    file = filled(tmp_path)
    data = bytearray(file.read_bytes())
    at = data.index(PICTURE[:200])
    data[at + 100] ^= 1
    file.write_bytes(data)
    assert len(kept(SceneStore(tmp_path), range(3))) == 2


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_store_of_another_version_is_set_aside(tmp_path: Path, version: int) -> None:
    file = filled(tmp_path)
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    store = SceneStore(tmp_path)
    assert store.find(still(1)) is None
    (trouble,) = store.news()
    assert (trouble.sentence, trouble.values["why"]) == ("store_set_aside", f"version {version}, not 1")
    assert (tmp_path / ASIDE).exists()


def foreign(file: Path) -> Path:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    database.close()
    return file


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    before = foreign(tmp_path / FILE).read_bytes()
    store = SceneStore(tmp_path)
    store.keep(still(1), Entry({}))
    assert store.find(still(1)) is None
    assert troubles(store) == ["store_not_used"]
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM songs").fetchone() == (0,)
    database.close()
    assert len(before) == (tmp_path / FILE).stat().st_size
    with pytest.raises(InputError, match="another program's database, so it was not deleted"):
        clear(tmp_path)


def test_a_folder_that_cannot_be_made_ends_its_use_and_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = SceneStore(tmp_path / "file")
    for _ in range(3):
        store.keep(still(1), Entry({}))
        assert store.find(still(1)) is None
    assert troubles(store) == ["store_not_used"]


@pytest.mark.skipif(WINDOWS, reason="Windows has other permissions")
def test_a_read_only_folder_ends_its_use_and_no_run() -> None:
    """Whoever may do everything writes to such a folder too, so nobody in particular tries."""
    code = (
        "import os, sys; from pathlib import Path; from autocut_director.tools.store import *\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "store, key = SceneStore(Path(sys.argv[1])), Key.of('still', film='sha256:a', index=7)\n"
        "for _ in range(3): store.keep(key, Entry({}))\n"
        "print(store.find(key), [trouble.sentence for trouble in store.news()])"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = filled(Path(place) / "store").parent
        for path, mode in ((Path(place), 0o755), (folder / FILE, 0o444), (folder, 0o555)):
            path.chmod(mode)
        ran = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
        folder.chmod(0o755)
    assert ran.stdout in {f"None {[sentence]}\n" for sentence in ("store_not_used", "store_only_read")}


@pytest.mark.skipif(WINDOWS, reason="Windows bounds no file sizes")
def test_a_full_disk_keeps_what_is_there_and_adds_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    code = (
        "import resource, signal, sys; from pathlib import Path; from autocut_director.tools.store import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))\n"
        "store, key = SceneStore(Path(sys.argv[1])), lambda n: Key.of('still', film='sha256:a', index=n)\n"
        "for n in range(3, 9): store.keep(key(n), Entry({}, bytes(20_000)))\n"
        "print([n for n in range(9) if store.find(key(n))], [trouble.sentence for trouble in store.news()])"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("[0, 1, 2, ")
    assert ran.stdout.endswith("['store_only_read']\n")


def test_a_store_that_stays_locked_is_read_and_not_waited_for_again(tmp_path: Path) -> None:
    file = filled(tmp_path)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    store = SceneStore(tmp_path, patience_seconds=0.05)
    for number in range(5, 25):
        store.keep(still(number), Entry({}))
    assert kept(store, range(25)) == [0, 1, 2]
    assert troubles(store) == ["store_only_read"]
    holder.close()


# ---------------------------------------------------------------- upkeep


def test_what_it_holds_and_its_end(tmp_path: Path) -> None:
    assert (holdings(tmp_path).bytes, holdings(tmp_path).entries) == (0, None)
    filled(tmp_path)
    (tmp_path / ASIDE).write_bytes(b"rubbish")
    (tmp_path / "holiday.mp4").write_bytes(b"mine")
    held = holdings(tmp_path)
    assert (held.films, held.entries, held.set_aside_bytes) == (1, {"still": 3}, 7)
    assert clear(tmp_path) == held.bytes + 7
    assert [file.name for file in tmp_path.iterdir()] == ["holiday.mp4"]
    assert clear(tmp_path) == clear(tmp_path / "nowhere") == 0


def test_what_is_no_file_of_ours_is_not_deleted(tmp_path: Path) -> None:
    if not WINDOWS:
        (tmp_path / "mine.txt").write_text("mine")
        (tmp_path / FILE).symlink_to(tmp_path / "mine.txt")
        with pytest.raises(InputError, match="is no file of ours"):
            clear(tmp_path)
        (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(InputError, match="is no file of ours"):
        clear(tmp_path)


def test_a_store_that_is_deleted_while_it_is_used_fails_no_run(tmp_path: Path) -> None:
    store = SceneStore(tmp_path)
    store.keep(still(1), Entry({}))
    if not WINDOWS:
        clear(tmp_path)
    store.keep(still(2), Entry({}))
    assert store.find(still(2)) == Entry({})
    assert troubles(store) == []


def test_without_a_store_nothing_is_found() -> None:
    NO_STORE.keep(still(1), Entry({}))
    assert NO_STORE.find(still(1)) is None
    assert NO_STORE.news() == ()


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "HOME/x"}, "HOME/x/autocut-director"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "HOME/.cache/autocut-director"),
        ("linux", {}, "HOME/.cache/autocut-director"),
        ("darwin", {"XDG_CACHE_HOME": "HOME/x"}, "HOME/Library/Caches/autocut-director"),
        ("win32", {"LOCALAPPDATA": "HOME/local"}, "HOME/local/autocut-director"),
        ("win32", {}, "HOME/AppData/Local/autocut-director"),
        ("linux", {"AUTOCUT_CACHE_DIR": "~/own"}, "HOME/own"),
    ],
)
def test_where_it_is(
    platform: str, variables: dict[str, str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "AUTOCUT_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value.replace("HOME", str(tmp_path)))
    monkeypatch.setattr(sys, "platform", platform)
    expected = Path(folder.replace("HOME", str(tmp_path)))
    assert cache_folder() == Settings().cache_dir == Settings.from_env().cache_dir == expected
    assert Settings(cache_dir=Path("/elsewhere")).cache_dir == Path("/elsewhere")
