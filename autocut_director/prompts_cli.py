"""`autocut-director prompts`: which prompts and styles there are, what they say, whether your own can be used."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autocut_director.errors import OutputError, PromptError

if TYPE_CHECKING:
    from autocut_director.agent.settings import Settings
    from autocut_director.prompts import Prompt, StyleLanguage
    from autocut_director.prompts.checking import Verdict

app = typer.Typer(
    name="prompts",
    help="The prompts and styles: which there are, what they say, and your own in place of ours.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
)

Prompts = Annotated[
    Path | None,
    typer.Option("--prompts", metavar="DIR", help="Folder of your own; PROMPTS_DIR if not given.", show_default=False),
]
Language = Annotated[
    Literal["zh", "en"] | None,
    typer.Option("--language", help="Of styles; AUTOCUT_LANGUAGE, else en, if not given.", show_default=False),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

_MARKS = {"ok": "ok", "bad": "BAD", "unused": "-"}
_ONE_LINE = 1000  # columns of a table that is not shown but read by a program: a row is never broken


@app.callback()
def prompts_help(context: typer.Context) -> None:
    """Say which commands there are, where none is named: that is a question, not a mistake."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("list")
def list_prompts(prompts: Prompts = None, language: Language = None, debug: Debug = False) -> None:
    """List the prompts and styles in force, and whose they are."""
    from autocut_director.prompts import load_prompt, load_style, prompt_names, style_files

    settings = _settings()
    folder, spoken = prompts or settings.prompts_dir, language or settings.language
    rows = [_row(load_prompt(name, folder), {}) for name in prompt_names()]
    rows += [_row(load_style(name, spoken, folder), files) for name, files in style_files(folder).items()]
    _print_table(rows)


@app.command("show")
def show_prompt(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as plan_edit or styles/travel-vlog.")],
    prompts: Prompts = None,
    language: Language = None,
    debug: Debug = False,
) -> None:
    """Print the file in force of a prompt or a style."""
    from autocut_director.prompts import STYLES, load_prompt, load_style, style_names

    settings = _settings()
    folder, (place, _, style) = prompts or settings.prompts_dir, name.partition("/")
    if name in style_names(folder):
        raise PromptError(f"{name} is a style; see it with: autocut-director prompts show {STYLES}/{name}")
    spoken = language or settings.language
    prompt = load_style(style, spoken, folder) if place == STYLES else load_prompt(name, folder)
    typer.echo(f"{prompt.path} ({_owner(prompt.path)})", err=True)
    typer.echo(prompt.path.read_text(encoding="utf-8-sig").rstrip("\n"))


@app.command("check")
def check_prompts(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="Folder to check; PROMPTS_DIR, else ours, if not given.", show_default=False
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Check every file of a folder of prompts."""
    from autocut_director.prompts.checking import check_builtin, check_folder

    own = folder or _settings().prompts_dir
    verdicts = check_builtin() if own is None else check_folder(own)
    for verdict in verdicts:
        typer.echo(_line(verdict))
    place = "the program" if own is None else own
    used, bad = (sum(verdict.state == state for verdict in verdicts) for state in ("ok", "bad"))
    if bad:
        raise PromptError(f"{bad} of {used + bad} prompt files in {place} cannot be used: see the lines marked BAD.")
    typer.echo(f"{used} prompt file{'s' * (used != 1)} in {place}: all can be used.", err=True)


@app.command("copy")
def copy_prompts(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if need be.", show_default=False)],
    debug: Debug = False,
) -> None:
    """Copy ours to a folder; nothing there is replaced."""
    from autocut_director.prompts import builtin_files

    _make_room(folder)
    files = builtin_files()
    kept = [f"{name}.md" for name, source in files.items() if not _copied(source, folder / f"{name}.md")]
    if kept:
        typer.echo(f"Already there, and left as it is: {', '.join(kept)}.", err=True)
    said = f"{len(files) - len(kept)} files copied to {folder}. Edit what you want to change, delete the rest, then:"
    typer.echo(f'{said} autocut-director prompts check "{folder}"', err=True)


def _settings() -> "Settings":
    from autocut_director.agent.settings import Settings

    return Settings.from_env()


def _owner(path: Path) -> str:
    from autocut_director.prompts import BUILTIN

    return "builtin" if path.is_relative_to(BUILTIN) else "own"


def _row(prompt: "Prompt", languages: Mapping["StyleLanguage", Path]) -> tuple[str, ...]:
    """Return the cells of a prompt, or of a style with the files of its `languages`."""
    owners = {language: _owner(path) for language, path in languages.items()}
    mixed = len(set(owners.values())) > 1
    whose = ", ".join(f"{language} {owner}" for language, owner in owners.items()) if mixed else _owner(prompt.path)
    return prompt.name, prompt.version, whose, " ".join(languages) or "-", prompt.purpose


def _print_table(rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("name", "version", "from", "languages"):
        table.add_column(column, no_wrap=True)
    table.add_column("purpose", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _ONE_LINE
    console.print(table)


def _line(verdict: "Verdict") -> str:
    """Return the line of a verdict; what is said of a bad file names it already."""
    named = verdict.said if verdict.state == "bad" else f"{verdict.file}: {verdict.said}"
    return f"{_MARKS[verdict.state]:<4}{' '.join(named.split())}"


def _make_room(folder: Path) -> None:
    from autocut_director.prompts import STYLES
    from autocut_director.tools.files import remove_leftovers

    try:
        (folder / STYLES).mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / STYLES):
            remove_leftovers(place)
    except OSError as exc:
        raise OutputError(
            f"Cannot write into {str(folder)[:200]}: {exc.strerror or exc}; name another folder."
        ) from exc


def _copied(source: Path, target: Path) -> bool:
    """Copy `source` to `target`, byte for byte; tell whether there was room: nothing is ever replaced."""
    from autocut_director.tools.files import replacing

    if target.exists() or target.is_symlink():
        return False
    with replacing(target) as part:
        part.write_bytes(source.read_bytes())
    return True
