"""Everything in a folder of prompts is judged, so that a name with a typo does not go unnoticed.

    .    a prompt of ours by its whole name; else what it was probably meant to be
    styles/    a style by any plain name: whoever adds one chooses it

A README, hidden files and files that are no text are left alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Literal

from autocut_director.errors import PromptError
from autocut_director.prompts import (
    BUILTIN,
    STYLES,
    Prompt,
    is_readme,
    is_style_name,
    load_prompt,
    load_style,
    own_files,
    prompt_names,
    style_files,
    style_names,
    style_of,
)

_LANGUAGES = {"en": "English", "zh": "Chinese"}
_ENDINGS = {"en": ".md", "zh": ".zh.md"}
_MARKDOWN = (".md", ".markdown", ".md.txt")  # the last is what an editor makes that hides the ends of names


@dataclass(frozen=True)
class Verdict:
    """What became of one file, and a few words about it.

    `state`: `ok` (it is used), `bad` (it was meant as a prompt and cannot be used), or `unused` (it is something else).
    """

    file: str
    state: Literal["ok", "bad", "unused"]
    said: str


def check_folder(folder: Path) -> tuple[Verdict, ...]:
    """Judge everything in a user's folder and in its `styles/`, but hidden files.

    Raises:
        PromptError: It is no folder, cannot be read, or holds nothing that could be meant as a prompt.
    """
    try:
        verdicts = [_judged_prompt(entry, folder) for entry in _entries(folder) if not _is_styles(entry)]
        if (folder / STYLES).is_dir():
            verdicts += [_judged_style(entry, folder) for entry in _entries(folder / STYLES)]
    except OSError as exc:
        raise PromptError(f"Cannot read the prompts folder {str(folder)[:200]}: {exc.strerror or exc}.") from exc
    if all(verdict.state == "unused" for verdict in verdicts):
        own_files(folder)  # raises, and says which names there are
    return tuple(verdicts)


def check_builtin() -> tuple[Verdict, ...]:
    """Judge the prompts and styles that come with the program."""
    prompts = [_loaded(f"{name}.md", partial(load_prompt, name), _version) for name in prompt_names()]
    styles = [
        _loaded(f"{STYLES}/{path.name}", partial(load_style, name, language), _version)
        for name, variants in style_files().items()
        for language, path in variants.items()
    ]
    return (*prompts, *styles)


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _is_styles(entry: Path) -> bool:
    return entry.name == STYLES and entry.is_dir()


def _judged_prompt(path: Path, folder: Path) -> Verdict:
    names = prompt_names()
    if path.suffix == ".md" and path.stem in names:
        return _loaded(path.name, partial(load_prompt, path.stem, folder), _of_prompt)
    if is_readme(path):
        return Verdict(path.name, "unused", "is not sent to any model")
    if path.is_dir() or path.name == STYLES:
        return _stray_folder(path)
    if _is_meant(path, names):
        return Verdict(path.name, "bad", f"{path} is no prompt of ours. {_advice(path, names)}")
    return Verdict(path.name, "unused", "is no Markdown file")


def _judged_style(path: Path, folder: Path) -> Verdict:
    shown = f"{STYLES}/{path.name}"
    name, language = style_of(path.stem)
    if is_readme(path):
        return Verdict(shown, "unused", "is not sent to any model")
    if path.suffix == ".md" and is_style_name(name):
        return _loaded(shown, partial(load_style, name, language, folder), partial(_of_style, name, folder))
    if path.is_dir():
        return _stray_folder(path, shown)
    if _is_meant(path, style_names()):
        names = "call it NAME.md, or NAME.zh.md for Chinese, where NAME has no dot, colon or slash"
        return Verdict(shown, "bad", f"{path} is no style; {names}.")
    return Verdict(shown, "unused", "is no Markdown file")


def _loaded(file: str, load: Callable[[], Prompt], remark: Callable[[Prompt], str]) -> Verdict:
    try:
        return Verdict(file, "ok", remark(load()))
    except PromptError as exc:
        return Verdict(file, "bad", str(exc))


def _version(prompt: Prompt) -> str:
    return f"version {prompt.version}"


def _of_prompt(prompt: Prompt) -> str:
    left_out = [name for name in load_prompt(prompt.name).variables if name not in prompt.variables]
    return "; ".join([_version(prompt), *(["does not use " + ", ".join(left_out)] if left_out else [])])


def _of_style(name: str, folder: Path, style: Prompt) -> str:
    if name not in style_names():
        return f"{_version(style)}; a style of your own"
    ours = [
        f"ours is still used in {_LANGUAGES[language]}: copy {name}{_ENDINGS[language]} too to replace that"
        for language, path in style_files(folder)[name].items()
        if path.is_relative_to(BUILTIN)
    ]
    return "; ".join([_version(style), *ours])


def _stray_folder(path: Path, shown: str = "") -> Verdict:
    """Judge a folder that is not `styles/`, or a file of that name."""
    meant = get_close_matches(path.name.lower(), [STYLES]) or any(path.glob("*.md"))
    if meant:
        return Verdict(shown or path.name, "bad", f"{path} is not read; styles are files in the folder {STYLES}/.")
    return Verdict(shown or path.name, "unused", "is a folder; only styles/ is read")


def _is_meant(path: Path, names: Iterable[str]) -> bool:
    """Tell whether `path` was probably meant to be a prompt."""
    named = path.name.lower().endswith(_MARKDOWN)
    return named or (path.suffix.lower() == ".txt" and bool(get_close_matches(_stem(path), list(names))))


def _stem(path: Path) -> str:
    return path.name.partition(".")[0].lower()


def _advice(path: Path, names: tuple[str, ...]) -> str:
    if _stem(path) in style_names():
        return f"A style belongs into the folder {STYLES}/."
    near = get_close_matches(_stem(path), names, n=1)
    return f"Did you mean {near[0]}.md?" if near else f"Ours are {', '.join(f'{name}.md' for name in names)}."
