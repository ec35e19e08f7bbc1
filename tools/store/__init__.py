"""The scene store: what was seen and measured of films, kept between runs in one SQLite file.

`entries` (what is kept, and under what) → `database` (the file) → `upkeep` (how large it is, and its end)
"""

from autocut_director.tools.store.database import SceneStore
from autocut_director.tools.store.entries import NO_STORE, Entry, Key, NoStore, Store, Trouble, found

__all__ = ["NO_STORE", "Entry", "Key", "NoStore", "SceneStore", "Store", "Trouble", "found"]
