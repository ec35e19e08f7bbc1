"""The command: runs it, and turns whatever comes out into one line and an exit status."""

import logging
import os
import sys
import traceback
from typing import NoReturn

from autocut_director import interrupts
from autocut_director.errors import AutoCutError

INTERRUPTED = 130
OUR_FAULT = 1
_LONGEST_LINE = 600  # characters of an error; values that are longer are cut


def main() -> NoReturn:
    """Run the command line and exit."""
    _speak_utf8()
    interrupts.listen()
    try:
        status = run(sys.argv[1:] or ["--help"])
    except KeyboardInterrupt:
        status = INTERRUPTED
    if status == INTERRUPTED:
        _leave(_failed("Interrupted. Nothing half-written was left behind.", INTERRUPTED))
    sys.exit(status)


def _leave(status: int) -> NoReturn:
    """End now, without waiting for threads that still work for nobody.

    `sys.exit` would not do: where an interrupt once passed through `exec` (importing a dataclass does), CPython ends
    the process as killed by SIGINT whatever the status.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def run(arguments: list[str]) -> int:
    """Run one command; say in one line what went wrong, and return the exit status."""
    import typer

    from autocut_director.cli import app

    if "--debug" in arguments:
        _log()
    try:
        return int(app(args=arguments, prog_name="autocut-director", standalone_mode=False) or 0)
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as exc:  # a wrong option or value
        return _failed(f"{_sentence(exc.format_message())} See: autocut-director --help", exc.exit_code)
    except AutoCutError as exc:
        _show_traceback(arguments)
        return _failed(str(exc), exc.exit_status)
    except Exception as exc:  # noqa: BLE001  # the last stop before the person: our own fault, said in one line
        _show_traceback(arguments)
        return _failed(f"Our own fault: {type(exc).__name__}: {exc}. Run again with --debug and report it.", OUR_FAULT)


def _log() -> None:
    """Show what is written down of a run, line by line on stderr."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("autocut_director").setLevel(logging.DEBUG)


def _show_traceback(arguments: list[str]) -> None:
    if "--debug" in arguments:
        traceback.print_exc()


def _sentence(message: str) -> str:
    return message.replace("Value error, ", "").rstrip(".") + "."


def _failed(message: str, status: int) -> int:
    line = " ".join(message.split())
    line = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
    print(f"autocut-director: {line}", file=sys.stderr)  # noqa: T201
    return status


def _speak_utf8() -> None:
    """Say Chinese names rightly whatever the console's code page is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    main()
