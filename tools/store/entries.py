"""What is kept, and under what: an entry is found again by all that it depends on, and by nothing else."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

Kind = Literal["film", "scenes", "still", "signals", "text", "speech", "description", "rate"]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Key:
    """Under what an entry is kept: a digest of all that it depends on.

    `film`: the digest of its film; "" where it depends on pictures, whatever film they are of.
    """

    kind: Kind
    digest: bytes
    film: str = ""

    @classmethod
    def of(cls, kind: Kind, *, film: str = "", **depends: Any) -> Self:
        """Make the key of what depends on `film` and on the values `depends`, which JSON can hold."""
        text = json.dumps({"kind": kind, "film": film, "on": depends}, sort_keys=True)
        return cls(kind, hashlib.sha256(text.encode()).digest(), film)


@dataclass(frozen=True)
class Entry:
    """What is kept: values that JSON can hold, and the bytes of a picture."""

    values: Mapping[str, Any]
    picture: bytes = b""


@dataclass(frozen=True)
class Trouble:
    """What a person should know of the store: a sentence's name, and the values in it."""

    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)


class Store(Protocol):
    """Keeps entries. Whatever befalls it, it never fails the one who asks: then it finds nothing, and says so."""

    def find(self, key: Key) -> Entry | None:
        """Return what is kept under `key`."""
        ...

    def keep(self, key: Key, entry: Entry) -> None:
        """Keep `entry` under `key`, in place of what was there."""
        ...

    def news(self) -> tuple[Trouble, ...]:
        """Return what befell it since this was asked last."""
        ...


def found(store: Store, key: Key, kind: TypeAdapter[Value], **more: Any) -> Value | None:
    """Return what `store` has under `key`, with the values `more`, as a value of its `kind`.

    None where it has nothing, or what it has is no such value: a program kept it that had other ideas of them.
    """
    entry = store.find(key)
    if entry is None:
        return None
    try:
        return kind.validate_python({**entry.values, **more})
    except ValidationError:
        return None


class NoStore:
    """Finds nothing and keeps nothing."""

    def find(self, key: Key) -> Entry | None:
        """Find nothing."""
        return None

    def keep(self, key: Key, entry: Entry) -> None:
        """Keep nothing."""

    def news(self) -> tuple[Trouble, ...]:
        """Nothing befalls it."""
        return ()


NO_STORE = NoStore()
