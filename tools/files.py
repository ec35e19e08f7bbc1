"""Files come whole or not at all, and documents are read with one clear line when they are wrong.

Everything is written beside its final name first and moved there when it is complete, so that an interrupt,
a full disk or a kill never leaves half a file under a final name.
"""

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
from pydantic import BaseModel, ValidationError

from autocut_director.errors import DocumentError, OutputError
from autocut_director.tools.timeline import EditPlan, Media, ScenesDocument, first_problem, media_path

Document = TypeVar("Document", bound=BaseModel)

_PART = re.compile(r"\.(.+)\.(\d+)\.part(\.\w+)?", re.DOTALL)
_SCRATCH = re.compile(r"autocut-(\d+)-\w+")
_ABANDONED_SECONDS = 3600  # a process that is not to be seen from here, in another container, may still be alive


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; when the block ends well, it becomes `path`.

    Raises:
        OutputError: The file cannot be written there: no such folder, no permission, disk full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}")
    try:
        part.unlink(missing_ok=True)
        part.touch(exist_ok=False)  # never through a link that lies in wait there
        yield part
        part.replace(path)
    except OSError as exc:
        raise OutputError(_why_not_written(path, exc)) from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _why_not_written(path: Path, exc: OSError) -> str:
    if exc.errno == errno.ENAMETOOLONG:
        return f"The name {str(path)[:60]}… is too long for this system; choose another with --out."
    if exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return f"No space left for {path}: free some, or choose another place with --out."
    return f"Cannot write {path}: {exc.strerror or exc}. Choose another place with --out."


def remove_leftovers(folder: Path, *, of: str | None = None) -> None:
    """Delete the unfinished files of runs in `folder` that are no longer alive; of the file `of` alone, if given."""
    for part in folder.iterdir():
        match = _PART.fullmatch(part.name)
        if match and of in {None, match[1]} and not psutil.pid_exists(int(match[2])):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder for passing files. It is removed at the end, as are those of runs that were killed long ago."""
    for left in Path(tempfile.gettempdir()).glob("autocut-*"):
        match = _SCRATCH.fullmatch(left.name)
        if match and not psutil.pid_exists(int(match[1])) and time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"autocut-{os.getpid()}-") as folder:
        yield Path(folder)


def is_leftover(path: Path) -> bool:
    """Tell whether `path` is the unfinished file of some run."""
    return _PART.fullmatch(path.name) is not None


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def to_json(document: BaseModel) -> str:
    """Return `document` as the JSON text that its file holds."""
    return document.model_dump_json(by_alias=True, indent=2) + "\n"


def read_scenes(path: Path) -> ScenesDocument:
    """Read a `scenes.json`; its media path becomes absolute.

    Raises:
        DocumentError: No such file, broken JSON, another schema, or scenes that contradict one another.
    """
    document = _read(path, ScenesDocument, schema="scenes.v1", schema_at=("meta", "schema"))
    if not document.scenes:
        raise DocumentError(f"{path} holds no scenes. Make it with: autocut-director describe VIDEO --out {path.name}")
    return document.model_copy(update={"media": _resolved(document.media, path)})


def read_plan(path: Path) -> EditPlan:
    """Read a `plan.json`; its media path becomes absolute.

    Raises:
        DocumentError: No such file, broken JSON, another schema, or a field that is wrong.
    """
    plan = _read(path, EditPlan, schema="edit_plan.v1", schema_at=("schema",))
    return plan.model_copy(update={"media": _resolved(plan.media, path)})


def _resolved(media: Media, path: Path) -> Media:
    return media_path(media, beside=path.absolute().parent)


def read_json(path: Path) -> Any:
    """Read JSON from `path`.

    Raises:
        DocumentError: No such file, unreadable, not UTF-8, or not JSON.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        json.dumps(data, ensure_ascii=False).encode()  # a lone half of a surrogate pair could not be written again
    except OSError as exc:
        raise DocumentError(f"Cannot read {path}: {exc.strerror or exc}.") from exc
    except (ValueError, RecursionError) as exc:  # not UTF-8, not JSON, a number of thousands of digits, a deep nest
        raise DocumentError(f"{path} is not JSON: {exc}.") from exc
    return data


def _read(path: Path, kind: type[Document], *, schema: str, schema_at: tuple[str, ...]) -> Document:
    data = read_json(path)
    found = data
    for key in schema_at:
        found = found.get(key) if isinstance(found, dict) else None
    if found != schema:
        raise DocumentError(f"{path} is no {schema} file: its {'.'.join(schema_at)} is {found!r}, not {schema!r}.")
    try:
        return kind.model_validate(data)
    except ValidationError as exc:
        raise DocumentError(f"{path}: {first_problem(exc)}.") from exc


def check_new_file(path: Path, *, overwrite: bool, sources: Iterable[Path] = ()) -> None:
    """Refuse to write to `path` what would destroy something.

    Raises:
        OutputError: `path` is no file, or one of `sources`, or is there already and `overwrite` is off.
    """
    try:
        _check_new_file(path, overwrite, sources)
    except OSError as exc:
        raise OutputError(_why_not_written(path, exc)) from exc


def _check_new_file(path: Path, overwrite: bool, sources: Iterable[Path]) -> None:
    if path.is_dir():
        raise OutputError(f"--out {path} is a folder; name a file in it, such as {path / 'result'}.")
    if path.exists() and not path.is_file():
        raise OutputError(f"--out {path} is a device, not a file; choose another name.")
    if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
        raise OutputError(f"--out {path} is one of the sources; choose another name.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} is there already; choose another name, or add --overwrite.")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"There is no folder {path.absolute().parent} to write {path.name} into; make it first.")
