"""The store's file: a SQLite database that threads and processes share.

Every entry is written at once, in a transaction of its own, so that a killed run loses what was under way and no more.
A damaged file, or one of another version, is set aside under another name. A disk that is full or read-only, or a file
that stays locked, ends the store's use for this run; the run goes on.
"""

import contextlib
import json
import sqlite3
import threading
import time
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from autocut_director.tools.store.entries import Entry, Key, Trouble

FILE = "autocut-scenes.sqlite3"
ASIDE = f"{FILE}.set-aside"
BESIDE = ("", "-wal", "-shm")
"""SQLite's own endings of the files that make up one database."""
MOST_BYTES = 2**30
"""How large the file grows; then what was not used for longest goes."""
APPLICATION = 0x41435344
"""Stands in the head of the file: by it a store is told from other programs' databases."""
SCHEMA = 1

_PATIENCE_SECONDS = 5.0  # for a lock that another process holds: a write takes milliseconds
_SPARE_SHARE = 16  # of the bound, as much is made free at once, so that not every entry has to make room for itself
_TOUCH_SECONDS = 3600  # what was used within the hour need not be noted as used again
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_TABLE = """
CREATE TABLE entries (
    key BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    film TEXT NOT NULL,
    facts BLOB NOT NULL,
    picture BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    used_at INTEGER NOT NULL
)
"""
_FIND = "SELECT facts, picture, checksum, used_at FROM entries WHERE key = ?"
_TOUCH = "UPDATE entries SET used_at = ? WHERE key = ?"
_KEEP = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used_at, rowid LIMIT 1)"

Found = TypeVar("Found")


class OtherVersionError(Exception):
    """The file is a store of another version of this program."""


class OtherProgramError(Exception):
    """The file is another program's database."""


UNUSABLE = (sqlite3.DatabaseError, UnicodeDecodeError, OtherVersionError, OtherProgramError, OSError)
"""What may befall who opens or uses a store; where SQLite's own words are damaged too, Python cannot decode them."""


class SceneStore:
    """Keeps entries in a file in `folder`. Opened at first use; safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        most_bytes: int = MOST_BYTES,
        patience_seconds: float = _PATIENCE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.file = folder / FILE
        self._most_bytes, self._patience, self._clock = most_bytes, patience_seconds, clock
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._use: Literal["all", "reading", "none"] = "all"
        self._began_anew = False
        self._news: list[Trouble] = []

    def find(self, key: Key) -> Entry | None:
        """Return what is kept under `key`; what was damaged on the disk counts as not there."""
        row = self._tried(lambda database: database.execute(_FIND, (key.digest,)).fetchone())
        if row is None or not _is_whole(*row):
            return None
        facts, picture, _, used_at = row
        now = int(self._clock())
        if now - used_at > _TOUCH_SECONDS:
            self._written(lambda database: database.execute(_TOUCH, (now, key.digest)))
        return Entry(json.loads(facts), picture)

    def keep(self, key: Key, entry: Entry) -> None:
        """Keep `entry` under `key`; where there is no room, what was not used for longest goes."""
        facts = json.dumps(entry.values).encode()
        checksum = _checksum(facts, entry.picture)
        row = (key.digest, key.kind, key.film, facts, entry.picture, checksum, int(self._clock()))
        self._written(lambda database: self._keep(database, row))

    def news(self) -> tuple[Trouble, ...]:
        """Return what befell it since this was asked last."""
        with self._lock:
            news, self._news = tuple(self._news), []
        return news

    def _keep(self, database: sqlite3.Connection, row: tuple[object, ...]) -> None:
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute(_KEEP, row)
            if held_bytes(database) > self._most_bytes:
                self._make_room(database)

    def _make_room(self, database: sqlite3.Connection) -> None:
        goal = self._most_bytes - self._most_bytes // _SPARE_SHARE
        while held_bytes(database) > goal and database.execute(_FORGET).rowcount:
            pass

    def _written(self, work: Callable[[sqlite3.Connection], object]) -> None:
        if self._use == "all":
            self._tried(work, without="reading")

    def _tried(
        self, work: Callable[[sqlite3.Connection], Found], *, without: Literal["reading", "none"] = "none"
    ) -> Found | None:
        """Do `work`, one thread at a time; where it fails, go on with the use `without` it."""
        with self._lock:
            if self._use == "none":
                return None
            try:
                return work(self._open())
            except UNUSABLE as exc:
                if self._is_to_be_set_aside(exc) and self._set_aside(exc):
                    return self._tried(work, without=without)
                self._go_on(exc, without if self._database is not None else "none")
        return None

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.file.exists():
                self.file.touch(mode=0o600)  # SQLite gives the files beside it the same
            self._identity = _identity(self.file)
            self._database = opened(self.file, patience_seconds=self._patience)
            weakref.finalize(self, self._database.close)
        return self._database

    def _is_to_be_set_aside(self, exc: Exception) -> bool:
        damaged = getattr(exc, "sqlite_errorcode", 0) & 0xFF in _DAMAGED  # the rest of the code says where
        return not self._began_anew and (damaged or isinstance(exc, UnicodeDecodeError | OtherVersionError))

    def _set_aside(self, exc: Exception) -> bool:
        """Move the file out of the way, unless another process has done so; tell whether a new one can be begun."""
        if self._database is not None:
            self._database.close()
        self._database, self._began_anew = None, True
        aside = self.file.with_name(ASIDE)
        try:
            if _identity(self.file) == self._identity:
                for ending in reversed(BESIDE):
                    with contextlib.suppress(FileNotFoundError):
                        Path(f"{self.file}{ending}").replace(f"{aside}{ending}")
        except OSError:  # Windows moves no file that another process has open
            return False
        self._news.append(Trouble("store_set_aside", {"path": str(aside), "why": why_unusable(exc)}))
        return True

    def _go_on(self, exc: Exception, use: Literal["reading", "none"]) -> None:
        self._use = use
        sentence = "store_only_read" if use == "reading" else "store_not_used"
        self._news.append(Trouble(sentence, {"path": str(self.file), "why": why_unusable(exc)}))


def opened(file: Path, *, patience_seconds: float = _PATIENCE_SECONDS) -> sqlite3.Connection:
    """Open the store in `file`; an empty file becomes one.

    Raises:
        UNUSABLE: It is damaged, locked, another program's, or of another version of this one.
    """
    database = sqlite3.connect(file, timeout=patience_seconds, isolation_level=None, check_same_thread=False)
    try:
        _prepare(database)  # before writing ahead, so that its marks stand in the file itself
        _write_ahead(database, until=time.monotonic() + patience_seconds)
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def _write_ahead(database: sqlite3.Connection, *, until: float) -> None:
    """Let readers and a writer not wait for one another. SQLite's patience does not cover this change, so ours does."""
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _prepare(database: sqlite3.Connection) -> None:
    if _marks(database) == (APPLICATION, SCHEMA):
        return
    with database:
        database.execute("BEGIN IMMEDIATE")  # another process may be making it
        marks = _marks(database)
        if marks == (APPLICATION, SCHEMA):
            return
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise (OtherVersionError if marks[0] == APPLICATION else OtherProgramError)(_described(marks))
        database.execute(_TABLE)
        database.execute("CREATE INDEX entries_by_use ON entries (used_at)")
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {SCHEMA}")


def _marks(database: sqlite3.Connection) -> tuple[int, int]:
    """Return whose database it is, and in which version."""
    return _pragma(database, "application_id"), _pragma(database, "user_version")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _described(marks: tuple[int, int]) -> str:
    return f"version {marks[1]}, not {SCHEMA}" if marks[0] == APPLICATION else "another program's database"


def held_bytes(database: sqlite3.Connection) -> int:
    """Return how many bytes of the file are taken, by what is kept and by SQLite's own pages."""
    pages = _pragma(database, "page_count") - _pragma(database, "freelist_count")
    return pages * _pragma(database, "page_size")


def _checksum(facts: bytes, picture: bytes) -> int:
    return zlib.crc32(picture, zlib.crc32(facts))


def _is_whole(facts: object, picture: object, checksum: object, used_at: object) -> bool:
    """Tell whether a row is as it was written: SQLite itself sees no damage in a value, nor in its type."""
    if not (isinstance(facts, bytes) and isinstance(picture, bytes) and isinstance(used_at, int)):
        return False
    return _checksum(facts, picture) == checksum


def _identity(file: Path) -> tuple[int, int] | None:
    """Return what tells this very file from another under the same name; None where there is none."""
    with contextlib.suppress(FileNotFoundError):
        found = file.stat()
        return found.st_dev, found.st_ino
    return None


def why_unusable(exc: Exception) -> str:
    """Say why a store cannot be used, in a clause."""
    if isinstance(exc, UnicodeDecodeError):
        return "it is damaged"
    said = exc.strerror if isinstance(exc, OSError) else None
    return said or str(exc) or type(exc).__name__
