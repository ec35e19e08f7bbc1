"""What is remembered of conversations: LangGraph's SQLite checkpointer, in one file beside the scene store.

A conversation is a thread; its name is the film's digest and a name of the person's. Read back are messages and plain
values alone: a class that somebody wrote into the file is not loaded, and nothing is unpickled.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig

from autocut_director.errors import InputError, OutputError
from autocut_director.tools.probe import digest_of

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

FILE = "chats.sqlite"
_PATIENCE_S = 10.0  # another conversation may be writing


@contextmanager
def open_memory(folder: Path) -> Iterator["SqliteSaver"]:
    """Open the conversations that are kept in `folder`.

    Raises:
        InputError: The extra `chat` is not installed.
        OutputError: The file cannot be used.
    """
    saver, file = _saver_class(), folder / FILE
    try:
        with closing(_opened(file)) as database:
            memory = saver(database, serde=_plain_values())
            memory.setup()
            yield memory
    except sqlite3.Error as exc:
        raise _unusable(file, exc) from exc


def _opened(file: Path) -> sqlite3.Connection:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _unusable(file, exc) from exc
    return sqlite3.connect(file, timeout=_PATIENCE_S, check_same_thread=False)


def _unusable(file: Path, exc: Exception) -> OutputError:
    return OutputError(
        f"The conversations in {file} cannot be used: {exc}. Move the file away, or name another folder by "
        "AUTOCUT_CACHE_DIR."
    )


def begin_anew(memory: "SqliteSaver", thread: RunnableConfig) -> None:
    """Forget a conversation."""
    memory.delete_thread(thread["configurable"]["thread_id"])


def keep_latest(memory: "SqliteSaver", thread: RunnableConfig) -> None:
    """Forget the steps on the way to where a conversation stands: each of them holds all of it once more."""
    latest = memory.get_tuple(thread)
    if latest is None or not isinstance(latest.checkpoint["channel_values"].get("messages"), list):
        return  # of a step that holds only what was new in it, those before are needed
    place = (thread["configurable"]["thread_id"], latest.checkpoint["id"])
    with memory.cursor() as cursor:
        cursor.execute("DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_id < ?", place)
        cursor.execute("DELETE FROM writes WHERE thread_id = ? AND checkpoint_id < ?", place)


def thread_of(film: Path, name: str) -> RunnableConfig:
    """Return the configuration of the conversation `name` about `film`: the same for a copy under another name.

    Raises:
        InputError: `name` is empty, or cannot be printed.
    """
    if not name.strip() or not name.isprintable():
        raise InputError(f"--thread {name!r} is no name; give it a plain one, such as --thread short-version.")
    return {"configurable": {"thread_id": f"{digest_of(film)} {name.strip()}"}}


def _plain_values() -> Any:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    return JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)


def _saver_class() -> type["SqliteSaver"]:
    try:
        from langgraph.checkpoint.sqlite import SqliteSaver
    except ImportError as exc:
        raise InputError(
            'To remember conversations takes the extra `chat`: pip install "autocut-director[chat]"'
        ) from exc
    return SqliteSaver
