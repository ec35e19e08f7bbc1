"""`autocut-director cache`: what is kept between runs, and its end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autocut_director.tools.store.upkeep import Holdings

app = typer.Typer(
    name="cache",
    help="What is kept between runs: how much it is, and to forget it.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
)

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

_PLURALS = {"still": "stills", "description": "descriptions", "rate": "rates"}


@app.callback()
def cache_help(context: typer.Context) -> None:
    """Say which commands there are, where none is named: that is a question, not a mistake."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("info")
def cache_info(debug: Debug = False) -> None:
    """Tell where the store is, how large it is, and what is in it."""
    from autocut_director.tools.store.database import MOST_BYTES
    from autocut_director.tools.store.upkeep import holdings

    held = holdings(_folder())
    typer.echo(f"{held.file}: {_size(held.bytes)} of at most {_size(MOST_BYTES)}, {_contents(held)}.")
    if held.set_aside_bytes:
        typer.echo(f"Set aside beside it, since it could not be read: {_size(held.set_aside_bytes)}.")


@app.command("clear")
def clear_cache(debug: Debug = False) -> None:
    """Delete the store: scenes are found and described anew then."""
    from autocut_director.tools.store.upkeep import clear

    folder = _folder()
    freed = clear(folder)
    typer.echo(f"Deleted from {folder}: {_size(freed)}." if freed else f"There was nothing to delete in {folder}.")


def _folder() -> Path:
    from autocut_director.agent.settings import Settings

    return Settings.from_env().cache_dir


def _contents(held: "Holdings") -> str:
    if held.entries is None:
        return "nothing is kept yet"
    counts = [_count(held.films, "film", "films")]
    counts += [_count(held.entries.get(kind, 0), kind, plural) for kind, plural in _PLURALS.items()]
    return ", ".join(counts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _size(count: int) -> str:
    """Say a number of bytes as people do."""
    mebibytes = count / 2**20
    return f"{mebibytes / 1024:.2f} GiB" if mebibytes >= 1024 else f"{mebibytes:.1f} MiB"  # noqa: PLR2004  # MiB in a GiB
