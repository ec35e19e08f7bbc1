"""One prompt file: front matter, then a text with placeholders. Its content becomes a `Prompt`, or one clear sentence.

Placeholders are mustache's plain `{{variable}}` and nothing else of mustache, so that JSON braces stay as they are and
whoever writes a prompt needs to know one rule.
"""

import hashlib
import re
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autocut_director.errors import PromptError

_KEYS = ("purpose", "version", "variables")
_LARGEST = 1 << 20  # bytes: far more than any model takes in
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?)^---[ \t]*(?:\n(.*))?\Z", re.DOTALL | re.MULTILINE)
_BRACES = re.compile(r"\{{2,}")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TAG = re.compile(r"\{{2,}[^{}\n]{0,40}\}{0,3}")

_ALWAYS_THE_SAME = "a prompt has no conditions and no loops: write the words for every case"
_NOTHING_IS_ESCAPED = "nothing is escaped here: write {{name}}"
_OTHER_TAGS = {
    "#": ("a section", _ALWAYS_THE_SAME),
    "^": ("a section", _ALWAYS_THE_SAME),
    "/": ("the end of a section", _ALWAYS_THE_SAME),
    ">": ("a partial", "put the other file's text here"),
    "&": ("an unescaped variable", _NOTHING_IS_ESCAPED),
    "!": ("a comment", "put remarks into the front matter, on a line that begins with #"),
    "=": ("a change of delimiters", "placeholders are always {{name}}"),
}
_TRIPLE = ("a triple mustache", f"{_NOTHING_IS_ESCAPED}, and leave a space between it and a brace of JSON")


@dataclass(frozen=True)
class Prompt:
    """One prompt file. `sha256` is of the whole file, so that a changed line shows."""

    name: str
    path: Path
    purpose: str
    version: str
    variables: tuple[str, ...]
    text: str
    sha256: str

    def render(self, values: Mapping[str, object]) -> str:
        """Put `values` into the placeholders. A value that the file has no placeholder for is not used.

        Raises:
            PromptError: A variable has no value.
        """
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise PromptError(f"{self.path} needs {', '.join(missing)}; given: {', '.join(values) or 'nothing'}.")
        return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), self.text)


def read_prompt(name: str, path: Path, *, given: Collection[str] | None = None) -> Prompt:
    """Read one prompt file.

    Args:
        name: What the prompt is called.
        path: The file.
        given: The variables that get a value; None: those that the file itself declares.

    Raises:
        PromptError: The file is unreadable, is not UTF-8, has bad front matter or no text, or has a placeholder that
            gets no value or is none.
    """
    content = _content(path)
    match = _FRONT_MATTER.match(_decoded(path, content))
    if match is None:
        raise PromptError(
            f"{path} has no front matter; it must open with a line ---, the lines purpose:, version: and variables:, "
            "and a line ---."
        )
    header, text = _header(path, match[1]), (match[2] or "").strip()
    if not text:
        raise PromptError(f"{path} has no text below its front matter; write there what the model is asked.")
    _refuse_other_tags(path, match.string, match.end(1))
    _check_variables(path, text, header["variables"], given)
    digest = hashlib.sha256(content).hexdigest()
    return Prompt(name, path, header["purpose"], header["version"], tuple(header["variables"]), text, digest)


def _content(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PromptError(f"{path} is a folder or a device, not a file; a prompt is a Markdown file of that name.")
        if found.st_size > _LARGEST:
            raise PromptError(f"{path} has {found.st_size} bytes; a prompt has no more than {_LARGEST}.")
        content = path.read_bytes()
    except OSError as exc:
        raise PromptError(f"Cannot read the prompt {path}: {exc.strerror or exc}.") from exc
    if not content.strip():
        raise PromptError(f"{path} is empty; remove it, or get ours with: autocut-director prompts copy DIR")
    return content


def _decoded(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise PromptError(f"{path} is not UTF-8 text (line {line}); save it again with the encoding UTF-8.") from exc
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _header(path: Path, text: str) -> dict[str, Any]:
    """Return the front matter: `purpose` and `version` as text, `variables` as a list of names."""
    try:
        # Nothing but text, lists and mappings: a version 1.10 stays 1.10, and no tag makes an object.
        header = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as exc:
        raise PromptError(
            f"{path}: its front matter is not YAML: {_yaml_problem(exc)}; write each line as key: value, with a plain "
            "colon, and the value in double quotes if it has a colon of its own."
        ) from exc
    missing = [key for key in _KEYS if not isinstance(header, dict) or key not in header]
    if missing:
        raise PromptError(
            f"{path}: its front matter lacks {', '.join(missing)}; write {missing[0]}: with a plain colon and a space, "
            "on a line of its own."
        )
    unsaid = [key for key in ("purpose", "version") if not isinstance(header[key], str) or not header[key].strip()]
    if unsaid:
        raise PromptError(f"{path}: {unsaid[0]} must be a few words of text on its line.")
    return {**header, "variables": _variables(path, header["variables"])}


def _yaml_problem(exc: Exception) -> str:
    mark = getattr(exc, "problem_mark", None)
    problem = getattr(exc, "problem", None) or exc
    where = f" (line {mark.line + 2})" if mark else ""  # the first line is ---
    return f"{' '.join(str(problem).split())}{where}"


def _variables(path: Path, said: object) -> list[str]:
    variables = [] if said == "" else said
    if not isinstance(variables, list) or not all(isinstance(name, str) for name in variables):
        raise PromptError(f"{path}: variables must be a list, such as [language], or [] for none.")
    return variables


def _refuse_other_tags(path: Path, text: str, start: int) -> None:
    """Refuse what stands between double braces in `text` from `start` on and is no placeholder."""
    for braces in _BRACES.finditer(text, start):
        at = braces.start()
        if _PLACEHOLDER.match(text, at):
            continue
        tag = _TAG.match(text, at)
        shown, line = tag[0] if tag else braces[0], text.count("\n", 0, at) + 1
        what, instead = _meant(shown)
        raise PromptError(f"{path}, line {line}: {shown} is {what}; {instead}.")


def _meant(tag: str) -> tuple[str, str]:
    """Return what `tag` is in mustache, and what to write instead of it."""
    if tag.startswith("{{{"):
        return _TRIPLE
    plain = "no placeholder", "write {{name}} with the name of a variable, or single braces where JSON is meant"
    return _OTHER_TAGS.get(tag[2:].lstrip()[:1], plain)


def _check_variables(path: Path, text: str, declared: Collection[str], given: Collection[str] | None) -> None:
    used = _PLACEHOLDER.findall(text)
    if given is not None and (unknown := _without([*used, *declared], given)):
        known = f"this prompt has {_braced(given)}" if given else "this prompt has no variables"
        raise PromptError(f"{path} asks for {_braced(unknown)}, which nobody gives a value; {known}.")
    if undeclared := _without(used, declared):
        names = ", ".join(undeclared)
        raise PromptError(f"{path} uses {_braced(undeclared)} but does not declare it; add {names} to variables.")
    if unused := _without(declared, used):
        names = ", ".join(unused)
        raise PromptError(
            f"{path} declares {names} but does not use it; write {_braced(unused)} in the text, with two braces on "
            f"each side, or take {names} out of variables."
        )


def _without(names: Iterable[str], others: Collection[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in others]


def _braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in names)
