"""The models that a stand-in has: what they can do, and which of them are in memory."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A model that a server lists. `remote`: it runs in Ollama's cloud. `calls_tools`: it was trained for that."""

    id: str
    sees: bool = True
    calls_tools: bool = False
    loaded: bool = True
    embedding: bool = False
    remote: bool = False
    size_bytes: int = 1_800_000_000
    context: int = 4096
    parallel: int = 4
    digest: str = "8d3c"


class Shelf:
    """The models of one server. One that is not loaded is, at the first request, and may put out what came so before.

    Whatever a request loaded goes when another model is asked for (LM Studio's auto-evict); what was loaded by hand
    stays.
    """

    def __init__(self, models: Iterable[str | Model], load_seconds: float) -> None:
        self.models = {m.id: m for m in (m if isinstance(m, Model) else Model(m) for m in models)}
        self.loaded = {m.id for m in self.models.values() if m.loaded and not m.remote}
        self.loads: list[str] = []
        self._by_request: set[str] = set()
        self._load_seconds = load_seconds
        self._lock = threading.Lock()

    def find(self, name: str) -> Model | None:
        return self.models.get(name)

    def use(self, name: str) -> None:
        """Have a model in memory, however long that takes."""
        with self._lock:
            if name in self.loaded or self.models[name].remote:
                return
            self.loaded -= self._by_request
            time.sleep(self._load_seconds)
            self.loaded.add(name)
            self._by_request = {name}
            self.loads.append(name)

    def unload(self) -> None:
        """Put everything out of memory."""
        with self._lock:
            self.loaded.clear()
