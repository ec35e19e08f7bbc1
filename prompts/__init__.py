"""Prompts are Markdown files that anyone can swap. This loader knows nothing of the rest.

A prompt file opens with front matter (`purpose`, `version`, `variables`) between two `---` lines; its text holds
`{{variable}}` placeholders, so that JSON braces stay plain.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autocut_director.errors import PromptError

BUILTIN = Path(__file__).parent
"""The folder of the prompts that come with the program."""

_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---\r?\n(.*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


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
        """Put `values` into the placeholders.

        Raises:
            PromptError: A variable has no value.
        """
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise PromptError(f"{self.path} needs {', '.join(missing)}; given: {', '.join(values) or 'nothing'}.")
        return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), self.text)


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """Load the prompt `name` from `folder` if it has one, else the one that comes with the program.

    Raises:
        PromptError: `folder` is no folder, or the file is unreadable, has no front matter, or uses other variables
            than it declares.
    """
    own = _own_files(folder) if folder is not None else {}
    path = own.get(name, BUILTIN / f"{name}.md")
    return _parsed(name, path, _content(path))


def _own_files(folder: Path) -> dict[str, Path]:
    """Return the prompt files in a user's folder, by name."""
    try:
        own = {path.stem: path for path in folder.iterdir() if (BUILTIN / path.name).exists() and path.suffix == ".md"}
    except OSError as exc:
        raise PromptError(
            f"There is no prompts folder {str(folder)[:200]} ({exc.strerror}); name one with --prompts or PROMPTS_DIR."
        ) from exc
    if not own:
        known = ", ".join(sorted(path.name for path in BUILTIN.glob("*.md")))
        raise PromptError(f"{folder} holds no prompt file of ours; put one of these into it: {known}.")
    return own


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise PromptError(f"Cannot read the prompt {path}: {exc.strerror or exc}.") from exc


def _parsed(name: str, path: Path, content: bytes) -> Prompt:
    match = _FRONT_MATTER.fullmatch(_decoded(path, content))
    if match is None:
        raise PromptError(f"{path} has no front matter; it must open with --- purpose, version, variables ---.")
    header = _header(path, match[1])
    variables = tuple(str(variable) for variable in header["variables"] or ())
    _check_variables(path, declared=set(variables), used=set(_PLACEHOLDER.findall(match[2])))
    digest = hashlib.sha256(content).hexdigest()
    return Prompt(name, path, str(header["purpose"]), str(header["version"]), variables, match[2].strip(), digest)


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise PromptError(f"{path} is not UTF-8 text: {exc}.") from exc


def _header(path: Path, text: str) -> dict[str, Any]:
    try:
        header = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise PromptError(f"{path}: its front matter is not YAML: {' '.join(str(exc).split())}.") from exc
    missing = [key for key in ("purpose", "version", "variables") if not isinstance(header, dict) or key not in header]
    if missing:
        raise PromptError(f"{path}: its front matter lacks {', '.join(missing)}.")
    if not isinstance(header["variables"], list | None):
        raise PromptError(f"{path}: variables must be a list, such as [language].")
    return dict(header)


def _check_variables(path: Path, *, declared: set[str], used: set[str]) -> None:
    if used - declared:
        raise PromptError(f"{path} uses {', '.join(sorted(used - declared))} but does not declare it in variables.")
    if declared - used:
        raise PromptError(f"{path} declares {', '.join(sorted(declared - used))} but does not use it.")
