"""ChatEmbeddedVision through LangChain's own suites, over llama.cpp itself and a model that sees a little."""

import asyncio
import json
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import openai
import psutil
import pytest
from contract.seeing import AnswersBySchema
from engine import COLOURS, MMPROJ, MODEL, PAIR, SLOTS, asked_about
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumps
from langchain_tests.unit_tests import ChatModelUnitTests
from servers.raw import pages

from autocut_director.agent.backends import ChatEmbeddedVision
from autocut_director.agent.backends.llama_server import LlamaServer, serve
from autocut_director.errors import BackendRefusedError, InputError
from autocut_director.tools.answers import answer_schema

FILES = {"model_path": MODEL, "mmproj_path": MMPROJ}
SERVED = {**PAIR.model_dump(), "temperature": 0, "max_tokens": 400}


def model(**more: object) -> ChatEmbeddedVision:
    return ChatEmbeddedVision(**{**SERVED, **more})


def process_of(server: LlamaServer) -> psutil.Process:
    """The child of ours that listens at the server's port."""
    port = urlsplit(server.url).port
    for child in psutil.Process().children():
        if any(listening.laddr.port == port for listening in child.net_connections()):
            return child
    raise AssertionError(f"nobody of ours listens at {port}")


class TestEmbeddedVisionUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatEmbeddedVision

    @property
    def chat_model_params(self) -> dict:
        return FILES

    @property
    def supports_image_inputs(self) -> bool:
        return True


@pytest.mark.usefixtures("engine")
class TestEmbeddedVisionIntegration(AnswersBySchema):
    """What the small model can do: see, and answer by a schema."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatEmbeddedVision

    @property
    def chat_model_params(self) -> dict:
        return SERVED


# ---------------------------------------------------------------- it sees


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_named(colour: str) -> None:
    answer = model().invoke(asked_about(COLOURS[colour]))
    assert f"{colour} picture" in answer.text
    assert not [other for other in COLOURS if other != colour and other in answer.text]
    assert answer.response_metadata["model_provider"] == "embedded"
    assert answer.response_metadata["model_name"] == "text"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("level", "said"), [(10, "dark"), (245, "bright")])
def test_light_is_named(level: int, said: str) -> None:
    text = model().invoke(asked_about((level,) * 3)).text
    assert [word for word in ("dark", "bright") if word in text] == [said]


@pytest.mark.usefixtures("engine")
def test_a_description_keeps_to_the_schema_and_to_its_picture() -> None:
    eyes = model()
    answer = eyes.bind(**eyes.answer_constraint(answer_schema())).invoke(asked_about(COLOURS["blue"]))
    described = json.loads(answer.text)
    assert described.keys() == answer_schema()["properties"].keys()
    assert "blue" in described["summary"]


@pytest.mark.usefixtures("engine")
def test_twice_as_many_requests_at_once_as_there_are_slots_each_get_their_own_colour() -> None:
    asked = [*COLOURS, *reversed(COLOURS), "red", "blue"]
    assert len(asked) == 2 * SLOTS
    answers = model(max_tokens=100).batch([asked_about(COLOURS[colour]) for colour in asked])
    named = [[colour for colour in COLOURS if colour in answer.text] for answer in answers]
    assert named == [[colour] for colour in asked]


@pytest.mark.usefixtures("engine")
def test_it_streams_and_one_event_loop_may_follow_another() -> None:
    eyes, message = model(max_tokens=60), asked_about(COLOURS["green"])
    whole = eyes.invoke(message).text
    pieces = list(eyes.stream(message))
    assert "".join(piece.text for piece in pieces) == whole
    assert pieces[0].response_metadata["model_provider"] == "embedded"
    assert [asyncio.run(eyes.ainvoke(message)).text for _ in range(2)] == [whole, whole]


def test_a_model_with_the_name_of_a_chat_template_sees_too(tmp_path: Path) -> None:
    """As widely used files of Moondream2 are: they say "vicuna" where others carry a template."""
    data = MODEL.read_bytes()
    key = b"tokenizer.chat_template" + struct.pack("<I", 8)
    start, name = data.index(key) + len(key), data.index(b"general.name") + len(b"general.name") + 4
    (length,), (name_length,) = (struct.unpack_from("<Q", data, at) for at in (start, name))
    spare = length - len(b"vicuna")  # goes into the model's name, so that nothing else in the file moves
    named = tmp_path / "named.gguf"
    named.write_bytes(
        data[:name]
        + struct.pack("<Q", name_length + spare)
        + data[name + 8 : name + 8 + name_length]
        + b" " * spare
        + data[name + 8 + name_length : start]
        + struct.pack("<Q", len(b"vicuna"))
        + b"vicuna"
        + data[start + 8 + length :]
    )
    assert named.stat().st_size == len(data)
    eyes = model(model_path=named, parallel=1)
    assert (
        "red picture" in eyes.bind(**eyes.answer_constraint(answer_schema())).invoke(asked_about(COLOURS["red"])).text
    )


@pytest.mark.usefixtures("engine")
def test_what_is_longer_than_the_context_is_refused() -> None:
    with pytest.raises(openai.BadRequestError, match="context"):
        model().invoke("x" * (PAIR.context_tokens + 1))


# ---------------------------------------------------------------- the server: when, whose, for how long


def test_nothing_is_looked_at_before_the_first_request(tmp_path: Path) -> None:
    eyes = ChatEmbeddedVision(model_path=tmp_path / "moondream2.gguf", mmproj_path=tmp_path / "eyes.gguf")
    assert eyes.model_name == "moondream2"
    assert eyes.profile["max_input_tokens"] == 4096
    with pytest.raises(InputError, match=r"model file .*moondream2\.gguf cannot be read"):
        eyes.invoke("Hello")


def test_all_who_want_the_same_share_one_server_that_is_started_once() -> None:
    pair = PAIR.model_copy(update={"context_tokens": 1024, "parallel": 1})
    with ThreadPoolExecutor(4) as pool:
        servers = set(pool.map(serve, [pair] * 4))
    assert len(servers) == 1
    (server,) = servers
    server.close()
    assert not server.running


def test_a_server_that_died_is_started_again() -> None:
    pair = PAIR.model_copy(update={"context_tokens": 2048, "parallel": 1})
    eyes = ChatEmbeddedVision(**pair.model_dump(), max_tokens=20)
    eyes.invoke("Hello")
    first = serve(pair)
    process = process_of(first)
    process.kill()
    process.wait(timeout=10)
    assert not first.running
    assert eyes.invoke("Hello").text
    serve(pair).close()


def test_only_who_holds_its_key_is_let_in_and_nobody_is_shown_it(engine: LlamaServer) -> None:
    eyes = model()
    eyes.invoke("Hello")
    key, address = engine.key.get_secret_value(), urlsplit(engine.url)
    assert address.hostname == "127.0.0.1"
    connection = HTTPConnection("127.0.0.1", address.port)
    for headers in ({}, {"Authorization": "Bearer no-key"}):
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": []}), headers)
        answer = connection.getresponse()
        assert answer.status == 401
        answer.read()
    connection.close()
    assert key not in dumps(eyes) + repr(eyes) + repr(engine.key)
    assert key not in " ".join(process_of(engine).cmdline())


def test_a_proxy_of_the_environment_sees_nothing(engine: LlamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pages({}) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert "red picture" in model().invoke(asked_about(COLOURS["red"])).text
        assert not proxy.asked


SCRIPT = """
import sys, psutil
from autocut_director.agent.backends.llama_server import GgufPair, serve
server = serve(GgufPair(model_path=sys.argv[1], mmproj_path=sys.argv[2], context_tokens=512, threads=1))
print(*(child.pid for child in psutil.Process().children()), flush=True)
"""


def test_it_ends_with_its_process_and_prints_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, MODEL, MMPROJ], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert not psutil.pid_exists(int(done.stdout))


def test_it_ends_when_its_process_is_killed() -> None:
    waits = f"{SCRIPT}\nimport time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", waits, MODEL, MMPROJ], stdout=subprocess.PIPE, text=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    until = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


# ---------------------------------------------------------------- what a person must mend


def broken(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("role", ["model", "mmproj"])
def test_a_missing_file_is_named(role: str, tmp_path: Path) -> None:
    missing = tmp_path / "不在 'here'.gguf"
    with pytest.raises(InputError, match=rf"The {role} file .*不在 'here'\.gguf cannot be read"):
        ChatEmbeddedVision(**{**FILES, f"{role}_path": missing}).invoke("Hello")


@pytest.mark.parametrize("role", ["model", "mmproj"])
@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html>"])
def test_a_file_that_is_no_gguf_is_named(role: str, content: bytes, tmp_path: Path) -> None:
    page = broken(tmp_path, "page.gguf", content)
    with pytest.raises(InputError, match=rf"The {role} file .*page\.gguf is no GGUF file; download it again"):
        ChatEmbeddedVision(**{**FILES, f"{role}_path": page}).invoke("Hello")


def test_eyes_in_the_place_of_a_model_are_known() -> None:
    with pytest.raises(InputError, match=r"mmproj\.gguf holds a model's eyes \(mmproj\) only"):
        ChatEmbeddedVision(model_path=MMPROJ, mmproj_path=MODEL).invoke("Hello")


@pytest.mark.parametrize("role", ["model", "mmproj"])
def test_half_a_file_is_refused_with_llama_cpps_own_reason(role: str, tmp_path: Path) -> None:
    whole = FILES[f"{role}_path"].read_bytes()
    half = broken(tmp_path, "half.gguf", whole[: len(whole) // 2])
    with pytest.raises(BackendRefusedError, match=r"cannot serve .*half\.gguf.*tensor") as refused:
        ChatEmbeddedVision(**{**FILES, f"{role}_path": half}).invoke("Hello")
    assert refused.value.for_good
    assert not str(refused.value).count("\n")


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(InputError, match=r'pip install "autocut-director\[embedded\]"'):
        ChatEmbeddedVision(**FILES, context_tokens=600).invoke("Hello")


def test_what_is_said_of_a_model_is_kept() -> None:
    told = {"image_inputs": True, "max_input_tokens": 1000}
    assert ChatEmbeddedVision(**FILES, profile=told).profile == told
    assert ChatEmbeddedVision(**FILES, model="gpt-4o").profile["max_input_tokens"] == 4096
