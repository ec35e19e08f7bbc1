"""llama.cpp's own HTTP server in a child process of ours: a user's GGUF pair behind a loopback port.

`serve` starts one server for a pair and its options, at first use; all who want the same share it. It ends with this
process, or by `close_all`. The port is a free one, and only those are let in who hold the key that the child made:
other users of the machine can reach a loopback port.

A child process, because llama.cpp in our own would take the run down with it when memory runs out, would hold the
interpreter while it loads, and prints where the user's progress is shown.
"""

import atexit
import json
import mmap
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from pydantic import PositiveInt, SecretStr

from autocut_director.agent.values import Value
from autocut_director.errors import BackendFaultError, BackendRefusedError, InputError

_PROGRAM = Path(__file__).with_name("llama_process.py")
_LOAD_S = 600.0  # several GB from a slow disk
_MAGIC = b"GGUF"
_HEAD = 4096  # bytes; the architecture stands first in the file
_STRING = 8  # GGUF's number for that type of value
_PROJECTOR = b"general.architecture" + struct.pack("<IQ", _STRING, len("clip")) + b"clip"
_TEMPLATE = b"tokenizer.chat_template" + struct.pack("<I", _STRING)
_LENGTH = struct.Struct("<Q")  # of a string, bytes
_KEYS_END = 64 << 20  # bytes; a file's keys stand before its tensors, and the largest vocabularies take about 20 MB
_FEW_CORES = 2
_LONGEST_REASON = 200  # characters


class GgufPair(Value):
    """A model in two files, and how it is served.

    `context_tokens`: for each of the `parallel` requests at once. `threads`: at work on an answer; None: llama.cpp
    takes one for each core.
    """

    model_path: Path
    mmproj_path: Path
    context_tokens: PositiveInt = 4096
    parallel: PositiveInt = 1
    threads: PositiveInt | None = None


class LlamaServer:
    """A running server.

    Attributes:
        url: Its address, up to and with `/v1`.
        key: What it asks for as an API key.
    """

    def __init__(self, pair: GgufPair) -> None:
        """Load the model of `pair` and serve it. Takes as long as reading the files does.

        Raises:
            InputError: A file is missing or wrong, or the extra `embedded` is not installed.
            BackendError: llama.cpp cannot load the model, or not in time.
        """
        _check(pair)
        with ExitStack() as undone:
            self._log = undone.enter_context(TemporaryFile())
            self._process = undone.enter_context(_started(pair, self._log))
            undone.callback(self._process.kill)
            told = self._first_word(pair)
            self.url, self.key = f"{told['address']}/v1", SecretStr(told["key"])
            self._close = undone.pop_all().close

    def _first_word(self, pair: GgufPair) -> dict[str, str]:
        """Wait until the child tells where it serves."""
        with _killed_after(_LOAD_S, self._process):
            line = next(iter(self._process.stdout or ()), "")
        if not line:
            raise _failure(pair, self._process.wait(), self._log)
        told: dict[str, str] = json.loads(line)
        return told

    @property
    def running(self) -> bool:
        """Tell whether it has not died: the system ends the largest process when memory runs out."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it and give its memory back; requests that it is at work on fail."""
        self._close()


_servers: dict[GgufPair, LlamaServer] = {}
_one_at_a_time = threading.Lock()


def serve(pair: GgufPair) -> LlamaServer:
    """Return the server of `pair`, started if there is none, or none any more.

    Raises:
        InputError: A file is missing or wrong, or the extra `embedded` is not installed.
        BackendError: llama.cpp cannot load the model, or not in time.
    """
    with _one_at_a_time:
        server = _servers.get(pair)
        if server is not None and server.running:
            return server
        if server is not None:
            server.close()
        _servers[pair] = LlamaServer(pair)
        return _servers[pair]


@atexit.register
def close_all() -> None:
    """End every server; the next `serve` starts anew."""
    with _one_at_a_time:
        while _servers:
            _servers.popitem()[1].close()


def _check(pair: GgufPair) -> None:
    """Refuse at once what a person can mend.

    Raises:
        InputError: It is said what.
    """
    if _PROJECTOR in _head(pair.model_path, "model"):
        raise InputError(f"{pair.model_path} holds a model's eyes (mmproj) only; name its language half as the model.")
    _head(pair.mmproj_path, "mmproj")
    if find_spec("xllamacpp") is None:
        raise InputError('llama.cpp\'s server is not installed: pip install "autocut-director[embedded]"')


def _head(path: Path, role: str) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as exc:
        raise InputError(
            f"The {role} file {path} cannot be read ({exc.strerror}); name an existing GGUF file."
        ) from exc
    if not head.startswith(_MAGIC):
        raise InputError(f"The {role} file {path} is no GGUF file; download it again, or name another.")
    return head


def _started(pair: GgufPair, log: IO[bytes]) -> "subprocess.Popen[str]":
    orders = {
        **pair.model_dump(mode="json"),
        "name": pair.model_path.stem,
        "threads": pair.threads or _few_cores(),
        "template_by_name": _template_is_a_name(pair.model_path),
    }
    command = [sys.executable, "-P", str(_PROGRAM), json.dumps(orders)]  # -P: the modules beside it are none of its own
    try:
        return subprocess.Popen(  # noqa: S603  # our own command, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would open one
        )
    except OSError as exc:
        raise BackendFaultError(f"llama.cpp's server cannot be started: {exc}.") from exc


def _template_is_a_name(path: Path) -> bool:
    """Tell whether a model carries the name of a chat template ("vicuna") where others carry the template itself.

    llama.cpp's interpreter of templates takes such a word for a template that says the same whatever is asked.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        key = data.find(_TEMPLATE, 0, _KEYS_END)
        if key < 0:
            return False
        start = key + len(_TEMPLATE) + _LENGTH.size
        (length,) = _LENGTH.unpack(data[start - _LENGTH.size : start])
        return b"{" not in data[start : start + length]


def _few_cores() -> int | None:
    """Return 1 where there are no more than two cores, for its threads spin while they wait for one another.

    With a thread on each core, whatever else runs there slows it down a hundredfold.
    """
    return 1 if (os.cpu_count() or 1) <= _FEW_CORES else None


@contextmanager
def _killed_after(seconds: float, process: "subprocess.Popen[str]") -> Iterator[None]:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _failure(pair: GgufPair, status: int, log: IO[bytes]) -> BackendRefusedError:
    reason = _reason(log) or f"its process ended with status {status}"
    return BackendRefusedError(
        f"llama.cpp cannot serve {pair.model_path} with {pair.mmproj_path}: {reason}. Download both from one place, "
        "or take a smaller model.",
        for_good=True,
    )


def _reason(log: IO[bytes]) -> str:
    """Return the first error in llama.cpp's log, which is the cause of the others; else the last line."""
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line.partition(" E ")[2] for line in lines if " E " in line]
    return (errors[:1] or lines[-1:] or [""])[0][:_LONGEST_REASON]
