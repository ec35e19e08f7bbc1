"""Prompts are Markdown files that anyone can swap. This loader knows nothing of the rest.

A prompt file opens with front matter (`purpose`, `version`, `variables`) between two `---` lines; its text holds
`{{variable}}` placeholders, so that JSON braces stay plain. `styles/` has a file for each style, and one more that ends
in `.zh.md` for its Chinese text.

A user's folder replaces ours file by file, and may add styles. A name is looked up among the files that are there, so
it can never choose a file outside the two folders; nor can a link.
"""

import os
import re
import unicodedata
from pathlib import Path
from typing import Literal

from autocut_director.errors import PromptError
from autocut_director.prompts.prompt import Prompt, read_prompt

__all__ = [
    "BUILTIN",
    "STYLES",
    "Prompt",
    "StyleLanguage",
    "builtin_files",
    "is_readme",
    "is_style_name",
    "load_prompt",
    "load_style",
    "own_files",
    "prompt_names",
    "style_files",
    "style_names",
    "style_of",
]

BUILTIN = Path(__file__).parent
"""The folder of the prompts that come with the program."""

STYLES = "styles"
"""The folder of the styles, inside a folder of prompts."""

StyleLanguage = Literal["en", "zh"]

_CHINESE = ".zh"
_STYLE_NAME = re.compile(r"[^\x00-\x1f\x7f./\\:]+")


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """Load the prompt `name` from `folder` if it has one, else the one that comes with the program.

    A user's file need not use every variable of ours; it can use no other, since nobody would give it a value.

    Raises:
        PromptError: There is no such prompt, `folder` is no folder or holds none, or the file cannot be used.
    """
    ours = _markdown(BUILTIN)
    if name not in ours:
        raise PromptError(f"No prompt {name[:60]!r}. Known: {', '.join(ours)}.")
    builtin = read_prompt(name, ours[name])
    own = own_files(folder).get(name) if folder is not None else None
    return builtin if own is None else read_prompt(name, _inside(folder, own), given=builtin.variables)


def load_style(name: str, language: StyleLanguage, folder: Path | None = None) -> Prompt:
    """Load the style `name` in `language`, or in the other one where it has only that; `folder` as for prompts.

    The result is named `styles/NAME`; its path tells the language.

    Raises:
        PromptError: `name` is no plain name, there is no such style (the message lists those that are there), `folder`
            is no folder or holds no prompt, or the file cannot be used.
    """
    if not is_style_name(name):
        raise PromptError(
            f"{name[:60]!r} is no name of a style; a name has no dot, colon or slash, such as travel-vlog."
        )
    styles = style_files(folder)
    variants = styles.get(_composed(name))
    if variants is None:
        raise PromptError(f"No style {name[:60]!r}. Known: {', '.join(styles)}.")
    path = variants.get(language) or next(iter(variants.values()))
    return read_prompt(f"{STYLES}/{name}", _inside(folder, path), given=())


def prompt_names() -> tuple[str, ...]:
    """Return the names of all prompts that the program uses."""
    return tuple(_markdown(BUILTIN))


def style_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of all styles: ours, and those that `folder` adds.

    Raises:
        PromptError: `folder` is no folder, or holds no prompt.
    """
    return tuple(style_files(folder))


def style_files(folder: Path | None = None) -> dict[str, dict[StyleLanguage, Path]]:
    """Return the files in force of every style, by name and language; English comes first.

    Raises:
        PromptError: `folder` is no folder, or holds no prompt.
    """
    own = own_files(folder) if folder is not None else {}
    found: dict[str, dict[StyleLanguage, Path]] = {}
    for stem, path in sorted({**builtin_files(), **own}.items()):
        folder_name, _, file_name = stem.rpartition("/")
        name, language = style_of(file_name)
        if folder_name == STYLES and is_style_name(name):
            found.setdefault(name, {})[language] = path
    return found


def is_style_name(name: str) -> bool:
    """Tell whether `name` can be a style's: no path, no extension, nothing unseen."""
    return name == name.strip() and _STYLE_NAME.fullmatch(name) is not None


def style_of(stem: str) -> tuple[str, StyleLanguage]:
    """Return the name and the language of the style whose file is called `stem`.md."""
    return (stem.removesuffix(_CHINESE), "zh") if stem.endswith(_CHINESE) else (stem, "en")


def is_readme(path: Path) -> bool:
    """Tell whether `path` is a note to people about its folder, in whatever language."""
    return path.name.partition(".")[0].lower() == "readme"


def builtin_files() -> dict[str, Path]:
    """Return every prompt and style file of the program, by its path in the folder, without `.md`."""
    return {**_markdown(BUILTIN), **_styles(BUILTIN)}


def own_files(folder: Path) -> dict[str, Path]:
    """Return the files of a user's folder that count, by their path in it, without `.md`; none of them is read.

    Raises:
        PromptError: `folder` is no folder, or holds none.
    """
    ours = prompt_names()
    try:
        own = {name: path for name, path in _markdown(folder).items() if name in ours} | _styles(folder)
    except OSError as exc:
        raise PromptError(
            f"There is no prompts folder {str(folder)[:200]} ({exc.strerror}); name one with --prompts or PROMPTS_DIR."
        ) from exc
    if not own:
        known = ", ".join(f"{name}.md" for name in ours)
        raise PromptError(
            f"{folder} holds no prompt file of ours; put one of these into it: {known}; or a style into {STYLES}/."
        )
    return own


def _markdown(folder: Path) -> dict[str, Path]:
    """Return what `folder` holds whose name ends in `.md`, by the name before that; no README, nothing hidden."""
    found = sorted(path for path in folder.iterdir() if path.suffix == ".md" and not path.name.startswith("."))
    return {_composed(path.stem): path for path in found if not is_readme(path)}


def _styles(folder: Path) -> dict[str, Path]:
    styles = folder / STYLES
    return {f"{STYLES}/{name}": path for name, path in _markdown(styles).items()} if styles.is_dir() else {}


def _composed(name: str) -> str:
    """Return `name` as people type it: some file systems keep an accent as a character of its own."""
    return unicodedata.normalize("NFC", name)


def _inside(folder: Path | None, path: Path) -> Path:
    """Return `path`, unless it is in the user's `folder` by name only."""
    if folder is None or not path.is_relative_to(folder):
        return path
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise PromptError(f"{path} is a link that leads out of {folder}; put a copy of the file there instead.")
    return path
