"""The folder in which tools work for an agent. No path that a model names, or that a file holds, leads out of it.

`path` (a name → a real path inside) → `file` and `reading` (one that is there), `writing` (one to come)

Links are followed before they are judged. What is read is looked at again after it was read, so that a file which was
exchanged for a link meanwhile is not used; what is written replaces a name, and never follows one.
"""

import os
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from autocut_director.errors import InputError
from autocut_director.interrupts import stop_if_asked
from autocut_director.tools.files import remove_leftovers, replacing

_LISTED = 12  # files named to a model that named one which is not there
_LONGEST_NAME = 80  # characters of a name that is told to a model

_ELSEWHERE = re.compile(r"~|file:|[A-Za-z][\w+.-]*://")  # a home folder, or an address
_NOT_EVERYWHERE = re.compile(r'[<>:"|?*]')  # Windows allows none of them in a name

_Place = tuple[int, int, int]  # device, file number and kind: what a path leads to
_Stamp = tuple[int, int, int]  # file number, bytes, nanoseconds: what a file was when we had written it


@dataclass(frozen=True)
class Product:
    """What a tool is about to write: which kind of file, of which film, and from which documents."""

    kind: str
    suffix: str
    film: Path
    sources: tuple[Path, ...] = ()


class Workspace:
    """A folder, and what the tools that share this object have written in it.

    Their own files the tools may replace, as long as nobody else has changed them; all others are left as they are.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        """Take `folder`, which must be there; None is the working folder of the moment at which a tool is called.

        Raises:
            InputError: There is no such folder.
        """
        self._given = None if folder is None else Path(folder).absolute()
        self._real = None if self._given is None else _real_folder(self._given)
        self._footage: set[Path] = set()
        self._made: dict[Path, tuple[_Stamp, str, Path]] = {}
        self._locks: dict[Path, threading.Lock] = {}

    @property
    def root(self) -> Path:
        """The folder itself, without links."""
        return self._real or _real_folder(Path.cwd())

    def path(self, name: str) -> Path:
        """Return the real path of the file or folder `name`, there or not.

        Args:
            name: Relative to the workspace, or absolute in it.

        Raises:
            InputError: It leads out of the workspace, or is no path here.
        """
        root, inside = self.root, self._from_here(name)
        try:
            straight = Path(os.path.abspath(root / inside))  # noqa: PTH100  # asks no disk, nor a server for //server/x
            real = (root / inside).resolve() if straight.is_relative_to(root) else straight
            real.exists()  # says what is wrong with a name that no file can have
        except (OSError, ValueError, RuntimeError) as exc:  # too long; a NUL; links in a circle
            raise InputError(f"{_said(name)} is no path of a file: {_why(exc)}.") from exc
        if not real.is_relative_to(root):
            raise InputError(f"{_said(name)} is outside the workspace; name a file in it, such as 'film.mp4'.")
        return real

    def _from_here(self, name: str) -> str:
        """Return `name` relative to the workspace where it begins with the folder as a person named it."""
        if (os.sep == "/" and _is_of_windows(name)) or _ELSEWHERE.match(name):
            raise InputError(f"{_said(name)} is outside the workspace; write a path from there, such as 'day 1/a.mp4'.")
        if self._given is not None and Path(name).is_relative_to(self._given):
            return str(Path(name).relative_to(self._given))
        return name

    def shown(self, path: Path) -> str:
        """Return how a model names `path`, which is one of `path`'s own: relative, with /."""
        return path.relative_to(self.root).as_posix()

    def told(self, message: str) -> str:
        """Return `message` with paths in the workspace as a model names them."""
        return message.replace(f"{self.root}{os.sep}", "")

    def file(self, name: str) -> Path:
        """Return the real path of the file `name`.

        Raises:
            InputError: It leads out of the workspace, or there is no such file; the message says which there are.
        """
        path = self.path(name)
        if path.is_file():
            return path
        what = "is a folder" if path.is_dir() else "is no file" if path.exists() else "is not there"
        raise InputError(f"{_said(name)} {what}. {self._listing(path if path.is_dir() else path.parent)}")

    def _listing(self, folder: Path) -> str:
        folder = folder if os.access(folder, os.R_OK | os.X_OK) else self.root
        here = [entry for entry in folder.iterdir() if entry.is_file() and entry.resolve().is_relative_to(self.root)]
        names = sorted(self.shown(entry) for entry in here if not entry.name.startswith("."))
        shown = [name for name in names if len(name) <= _LONGEST_NAME]
        more = f" and {len(shown) - _LISTED} more" if len(shown) > _LISTED else ""
        return f"Files there: {', '.join(map(repr, shown[:_LISTED])) or 'none'}{more}."

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """Give the real path of the file `name`; when the block ends, make sure that it still leads there.

        Raises:
            InputError: As for `file`; or it was exchanged for another file meanwhile.
        """
        path = self.file(name)
        before = _place(path)
        yield path
        if _place(path) != before or self._leads_elsewhere(name, path):
            raise InputError(f"{_said(name)} was exchanged for another file while it was read; nothing of it is used.")

    def _leads_elsewhere(self, name: str, path: Path) -> bool:
        """Tell whether `name` does not lead to `path` any more."""
        try:
            return self.path(name) != path
        except InputError:
            return True

    def protect(self, film: Path) -> None:
        """Never let `film` be written over: it is footage."""
        self._footage.add(film)

    def made(self, path: Path) -> bool:
        """Tell whether these tools wrote the file at `path`, and nobody has changed it since."""
        return path in self._made and path.is_file() and self._made[path][0] == _stamp(path)

    @contextmanager
    def writing(self, name: str, product: Product, *, overwrite: bool) -> Iterator[Path]:
        """Give a path to write to; when the block ends well, it becomes the file `name`. One at a time for a name.

        Args:
            name: Of the file; folders on the way to it are made.
            product: What is written. A file of another kind or film is not replaced unasked, even one of our own.
            overwrite: Whether a file may be replaced that these tools did not make.

        Raises:
            InputError: It leads out of the workspace, has another suffix, is footage or a source, is a folder, or is
                there already and may not be replaced.
            OutputError: It cannot be written: disk full, say.
            Stopped: The work was asked to stop meanwhile; nothing is written.
        """
        path = self.path(name)
        with self._locks.setdefault(path, threading.Lock()):
            self._check_target(path, name, product, overwrite=overwrite)
            remove_leftovers(path.parent, of=path.name)
            with replacing(path) as part:
                yield part
                stop_if_asked()  # nobody waits for it any more
                if self._leads_elsewhere(name, path):
                    raise InputError(f"{_said(name)} leads elsewhere by now; nothing was written.")
                self._check_target(path, name, product, overwrite=overwrite)  # somebody may have put a file there
            self._made[path] = (_stamp(path), product.kind, product.film)

    def _check_target(self, path: Path, name: str, product: Product, *, overwrite: bool) -> None:
        if path.suffix.lower() != product.suffix or not name.isprintable() or _NOT_EVERYWHERE.search(self.shown(path)):
            raise InputError(f"{_said(name)} cannot be written; give it a plain name that ends in {product.suffix}.")
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise InputError(f"{_said(name)} is no file; name one, such as {'result' + product.suffix!r}.")
        if self._is_source(path, product):
            raise InputError(f"{_said(name)} is what this is made from, which is never replaced; choose another name.")
        if path.exists() and not overwrite and not self._is_own(path, product):
            raise InputError(f"{_said(name)} is there already, and not of these tools' making for this film; {_ASK}")
        _make_folder(path.parent)

    def _is_source(self, path: Path, product: Product) -> bool:
        sources = (product.film, *product.sources, *self._footage)
        return path.exists() and any(source.exists() and path.samefile(source) for source in sources)

    def _is_own(self, path: Path, product: Product) -> bool:
        return self._made.get(path) == (_stamp(path), product.kind, product.film)


_ASK = "choose another name, or pass overwrite=true if the person asked for it to be replaced."


def _is_of_windows(name: str) -> bool:
    """Tell whether `name` would be another path on Windows: a drive, a server, a backslash for a slash."""
    return "\\" in name or any(PureWindowsPath(part).drive for part in name.split("/"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"{_said(folder.name)} is no folder that can be made ({_why(exc)}); choose another.") from exc
    if not os.access(folder, os.W_OK):
        raise InputError(f"Nothing can be written into {_said(folder.name)}: permission denied; choose another folder.")


def _real_folder(folder: Path) -> Path:
    try:
        real = folder.resolve(strict=True)
    except (OSError, RuntimeError) as exc:
        raise InputError(f"There is no workspace {folder} ({_why(exc)}); make the folder first.") from exc
    if not real.is_dir():
        raise InputError(f"The workspace {folder} is a file; name a folder.")
    return real


def _place(path: Path) -> _Place:
    """Return what `path` leads to; a link that was put in its place is another."""
    try:
        found = path.lstat()
    except OSError:  # it is gone
        return (-1, -1, -1)
    return (found.st_dev, found.st_ino, stat.S_IFMT(found.st_mode))


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _said(name: str) -> str:
    """Return `name` as it is told to a model: in quotes, on one line, and not longer than a name should be."""
    return repr(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…")


def _why(exc: Exception) -> str:
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc)


HERE = Workspace()
"""The working folder: the workspace of tools that are given no other. They share what they have written."""
