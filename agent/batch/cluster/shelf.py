"""The store of a cluster: one actor owns the file, on the machine where the batch was started, and all others ask it.

A SQLite file is safe between the processes of one machine, not between machines over a network's file system
(sqlite.org/useovernet.html).
"""

from pathlib import Path
from typing import Any

from autocut_director.tools.store import Entry, Key, SceneStore, Trouble


class StoreKeeper:
    """Owns the store in `folder`. Runs as an actor."""

    def __init__(self, folder: Path) -> None:
        self._store = SceneStore(folder)

    def find(self, key: Key) -> Entry | None:
        """Return what is kept under `key`."""
        return self._store.find(key)

    def keep(self, key: Key, entry: Entry) -> None:
        """Keep `entry` under `key`."""
        self._store.keep(key, entry)

    def news(self) -> tuple[Trouble, ...]:
        """Return what befell it since this was asked last; so one of the films that use it says so."""
        return self._store.news()


class SharedStore:
    """The store that an actor (`keeper`) owns. What is kept is there when `keep` returns."""

    def __init__(self, keeper: Any) -> None:
        self._keeper = keeper

    def find(self, key: Key) -> Entry | None:
        """Return what is kept under `key`."""
        import ray

        found: Entry | None = ray.get(self._keeper.find.remote(key))
        return found

    def keep(self, key: Key, entry: Entry) -> None:
        """Keep `entry` under `key`, in place of what was there."""
        import ray

        ray.get(self._keeper.keep.remote(key, entry))

    def news(self) -> tuple[Trouble, ...]:
        """Return what befell it since this was asked last."""
        import ray

        news: tuple[Trouble, ...] = ray.get(self._keeper.news.remote())
        return news
