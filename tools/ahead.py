"""Work done ahead of the one who needs it: in a thread of its own, a few items in advance, never more."""

import contextvars
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from queue import Full, Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")

_PATIENCE_SECONDS = 0.1  # how soon the thread sees that nobody wants its next item


@dataclass(frozen=True)
class _End:
    """The items have ended, or were ended by something."""

    cause: BaseException | None = None


class _Line(Generic[Item]):
    """A queue whose far end may leave."""

    def __init__(self, most: int) -> None:
        self._queue: Queue[Item | _End] = Queue(most)
        self._left = threading.Event()

    def put(self, item: Item | _End) -> bool:
        """Put `item` in line when there is room; tell whether anybody still waits for it."""
        while not self._left.is_set():
            try:
                self._queue.put(item, timeout=_PATIENCE_SECONDS)
            except Full:
                continue
            return True
        return False

    def taken(self) -> Iterator[Item]:
        """Yield the items as they come; raise what ended them."""
        try:
            while not isinstance(item := self._queue.get(), _End):
                yield item
            if item.cause is not None:
                raise item.cause
        finally:
            self._left.set()

    def fill(self, items: Iterable[Item]) -> None:
        """Put `items` in line, and their end."""
        try:
            all(self.put(item) for item in items)
            end = _End()
        except BaseException as exc:  # noqa: BLE001  # an interrupt too: it is raised where the items are taken
            end = _End(exc)
        self.put(end)


def ahead(items: Iterable[Item], *, most: int) -> Iterator[Item]:
    """Yield `items`, made in a thread of their own, at most `most` of them before they are asked for.

    Raises:
        BaseException: What iterating `items` raised.
    """
    line = _Line[Item](most)
    threading.Thread(target=contextvars.copy_context().run, args=(line.fill, items), daemon=True).start()
    yield from line.taken()
