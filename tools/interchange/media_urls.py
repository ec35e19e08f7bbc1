"""How a file of an edit names the film, and how such a name is read back. Windows and POSIX paths, on either system."""

import ntpath
import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote, unquote

from autocut_director.errors import InputError

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SCHEME = re.compile(r"file:(//(localhost)?)?(?=/)", re.IGNORECASE)


def media_url(path: str, *, relative_to: Path | None = None) -> str:
    """Return the URL of the film at `path`: absolute, or counted from the folder `relative_to`.

    Raises:
        InputError: No relative way leads from `relative_to` to the film.
    """
    if relative_to is not None:
        steps = media_name(path, relative_to=relative_to)
        return _quoted(steps.replace("\\", "/") if _is_windows(path) else steps)
    return _windows_url(path.replace("\\", "/")) if _is_windows(path) else Path(path).absolute().as_uri()


def _windows_url(path: str) -> str:
    if path.startswith("//"):  # a share: its server is the URL's host
        return f"file:{_quoted(path)}"
    return f"file:///{path[:2]}{_quoted(path[2:])}"


def _quoted(path: str) -> str:
    return quote(os.fsencode(path))  # bytes, for a name that is not in the system's encoding


def media_name(path: str, *, relative_to: Path | None = None) -> str:
    """Return the plain path of the film at `path`: absolute, or counted from the folder `relative_to`.

    Raises:
        InputError: No relative way leads from `relative_to` to the film.
    """
    if relative_to is None:
        return path if _is_windows(path) else str(Path(path).absolute())
    folder = str(relative_to.absolute())
    try:
        if _is_windows(path) != _is_windows(folder):
            raise ValueError
        return ntpath.relpath(path, folder) if _is_windows(path) else os.path.relpath(Path(path).absolute(), folder)
    except ValueError as exc:  # two drives
        raise InputError(
            f"No relative path leads from {folder} to {path}: write the file on the film's drive, "
            "or let it name the film absolutely."
        ) from exc


def file_name(path: str) -> str:
    """Return the last part of a path or URL."""
    return re.split(r"[\\/]" if _is_windows(path) else "/", path.rstrip("/\\"))[-1]


def path_of(name: str) -> str:
    """Return the path that `name`, a URL or a path, stands for; its characters in Unicode's composed form."""
    path = unquote(_SCHEME.sub("", name)) if _SCHEME.match(name) else name
    path = path[1:] if re.match(r"/[A-Za-z]:[\\/]", path) else path
    return unicodedata.normalize("NFC", path)


def names_film(name: str, film: str) -> bool:
    """Tell whether `name` (a URL, a path, or a clip's name without its suffix) is called as the film at `film` is."""
    wanted = file_name(path_of(film)).casefold()
    known = {wanted, wanted.rpartition(".")[0] or wanted}
    return any(re.split(r"[\\/]", path_of(said))[-1].casefold() in known for said in (name, unquote(name)))


def _is_windows(path: str) -> bool:
    return _WINDOWS.match(path) is not None
