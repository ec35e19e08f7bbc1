"""The stand-ins themselves: that they say and refuse what the real ones do, and go wrong just as they are told to."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from servers import faults, ollama, openai_like
from servers.loopback import Role
from servers.models import Model
from servers.ollama import OllamaServer
from servers.openai_like import Server, describes_the_colour

SCHEMA = {
    "type": "object",
    "properties": {"summary": {"type": "string"}, "quality_score": {"type": "integer", "minimum": 1}},
}
COLOURS = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}
ROLES: dict[str, Callable[..., Role]] = {
    "lmstudio": lambda **v: Server(describes_the_colour, models=("eyes",), **v),
    "openai": lambda **v: Server(describes_the_colour, models=("eyes",), dialect="openai", **v),
    "deepseek": lambda **v: Server(describes_the_colour, models=("eyes",), dialect="deepseek", **v),
    "llamacpp": lambda **v: Server(describes_the_colour, models=("eyes",), dialect="llamacpp", **v),
    "ollama": lambda **v: OllamaServer(models=("eyes",), **v),
}


def served(role: Role) -> AbstractContextManager[Role]:
    return ollama.serving(role) if isinstance(role, OllamaServer) else openai_like.serving(role)


@pytest.fixture
def serve() -> Iterator[Callable[..., Role]]:
    with ExitStack() as stack:
        yield lambda name, **values: stack.enter_context(served(ROLES[name](**values)))


def picture(colour: str, kind: str = ".jpg") -> str:
    image = np.full((32, 32, 3), COLOURS[colour], np.uint8)
    return base64.b64encode(cv2.imencode(kind, image)[1].tobytes()).decode()


def chat(role: Role, colour: str = "red", *, key: str = "sk-x", **body: object) -> httpx.Response:
    """Ask for one picture's description by a schema, as far as the server takes one."""
    if isinstance(role, OllamaServer):
        message = {"role": "user", "content": "json", "images": [picture(colour)]}
        sent = {"model": "eyes", "messages": [message], "format": SCHEMA, "stream": False, **body}
        return httpx.post(f"{role.url}/api/chat", json=sent, timeout=5, trust_env=False)
    block = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{picture(colour)}"}}
    sent = {"model": "eyes", "messages": [{"role": "user", "content": [block, {"type": "text", "text": "json"}]}]}
    wanted = {"type": "json_schema", "json_schema": {"name": "scene", "schema": SCHEMA}}
    sent["response_format"] = {"type": "json_object"} if role.dialect == "deepseek" else wanted
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{role.url}/chat/completions"
    return httpx.post(url, json={**sent, **body}, headers=headers, timeout=5, trust_env=False)


def said(response: httpx.Response) -> dict[str, Any]:
    """What the model said, and why it stopped, whatever the dialect."""
    data = response.json()
    if "choices" in data:
        (choice,) = data["choices"]
        return {**choice["message"], "finish": choice["finish_reason"]}
    return {**data["message"], "finish": data["done_reason"]}


def words_of(response: httpx.Response) -> str:
    """What an error says, whatever its form."""
    error = response.json()["error"]
    return error if isinstance(error, str) else error["message"]


every_role = pytest.mark.parametrize("name", ROLES)


@every_role
def test_the_colour_that_was_sent_is_told_and_every_request_is_noted(serve: Callable, name: str) -> None:
    role, start = serve(name), time.monotonic()
    for colour in COLOURS:
        assert f"a {colour} picture" in said(chat(role, colour))["content"]
    assert len(role.seen) == len(role.asked) == 3
    assert start <= role.seen[0].at <= role.seen[1].at <= role.seen[2].at <= time.monotonic()
    assert role.seen[0]["model"] == "eyes"


@every_role
def test_an_http_error_comes_in_the_servers_own_form_and_then_all_is_well(serve: Callable, name: str) -> None:
    wrong = [faults.broken, faults.busy, faults.locked, faults.no_balance, faults.throttled(7)]
    role = serve(name, fault=[*wrong, None])
    answers = [chat(role) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [500, 503, 401, 402, 429, 200, 200]
    assert words_of(answers[3]) == "Insufficient Balance"
    assert answers[4].headers["retry-after"] == "7"
    assert isinstance(answers[0].json()["error"], str) == (name in {"lmstudio", "ollama"})


def test_when_to_come_again_can_be_a_date(serve: Callable) -> None:
    role = serve("openai", fault=faults.throttled(60, as_date=True))
    left = parsedate_to_datetime(chat(role).headers["retry-after"]) - datetime.now(UTC)
    assert 50 < left.total_seconds() <= 60


@every_role
@pytest.mark.parametrize(
    ("fault", "content"),
    [
        (faults.blank, ""),
        (faults.prose, "Certainly! In this image I can see a red picture."),
        (faults.declines, "I'm sorry, but I can't help with that image."),
    ],
)
def test_the_model_says_something_else(serve: Callable, name: str, fault: faults.Fault, content: str) -> None:
    assert said(chat(serve(name, fault=fault)))["content"] == content


@every_role
def test_json_comes_wrapped_renamed_cut_or_out_of_range_and_still_tells_the_colour(serve: Callable, name: str) -> None:
    wrong = [faults.fenced, faults.thinks, faults.renamed_keys, faults.score_out_of_range, faults.truncated]
    role = serve(name, fault=wrong)
    fenced, thinks, renamed, score, cut = [said(chat(role, "blue")) for _ in wrong]
    assert "```json\n{" in fenced["content"]
    assert thinks["content"].startswith("<think>")
    assert json.loads(renamed["content"])["Description"] == "a blue picture"
    assert json.loads(score["content"]) == {"summary": "a blue picture", "quality_score": 99}
    assert cut["finish"] == "length"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(cut["content"])
    assert "a blue picture" in fenced["content"]
    assert "a blue picture" in thinks["content"]


@every_role
def test_a_success_can_be_a_page_or_an_error(serve: Callable, name: str) -> None:
    role = serve(name, fault=[faults.html_page, faults.error_with_200])
    page, error = chat(role), chat(role)
    assert (page.status_code, page.text[:9]) == (200, "<!DOCTYPE")
    assert error.status_code == 200
    assert "crashed" in words_of(error)


@every_role
@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_breaks_before_or_in_the_middle_of_an_answer(serve: Callable, name: str, stream: bool) -> None:
    role = serve(name, fault=[faults.drops, faults.breaks_off, None])
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            chat(role, stream=stream)
    assert chat(role, stream=stream).status_code == 200


@every_role
def test_a_server_dies_with_all_it_was_doing_and_comes_back_at_its_port(serve: Callable, name: str) -> None:
    role = serve(name, fault=[None, faults.dies()])
    assert chat(role).status_code == 200
    with pytest.raises(httpx.TransportError):
        chat(role)
    with pytest.raises(httpx.ConnectError):
        chat(role)
    url = role.url
    role.start()
    assert chat(role).status_code == 200
    assert (role.url, len(role.seen)) == (url, 3)


def test_a_server_comes_back_by_itself_when_told_to(serve: Callable) -> None:
    role = serve("lmstudio", fault=[faults.dies(back_after=0.2)])
    with pytest.raises(httpx.TransportError):
        chat(role)
    transport = httpx.HTTPTransport(retries=4, trust_env=False)  # waits 0, 0.5, 1 s
    with httpx.Client(transport=transport) as client:
        assert client.get(f"{role.url}/models").status_code == 200


def test_a_request_hangs_until_it_is_let_go_or_the_server_ends(serve: Callable) -> None:
    released = threading.Event()
    role = serve("ollama", fault=[faults.hangs, faults.hangs_until(released)])
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{role.url}/api/chat", json={"model": "eyes", "messages": []}, timeout=0.3, trust_env=False)
    threading.Timer(0.1, released.set).start()
    assert chat(role).status_code == 200


def test_a_refusal_has_a_field_of_its_own(serve: Callable) -> None:
    message = said(chat(serve("openai", fault=faults.refuses)))
    assert (message["content"], message["refusal"]) == (None, "I'm sorry, I can't assist with that request.")


def test_two_things_can_go_wrong_at_once(serve: Callable) -> None:
    message = said(chat(serve("lmstudio", fault=faults.both(faults.thinks, faults.truncated))))
    assert message["content"].startswith("<think>")
    assert message["finish"] == "length"


def test_lm_studio_loads_a_model_at_the_first_request_and_after_an_eviction_again() -> None:
    role = Server(describes_the_colour, models=(Model("eyes", loaded=False),), load_seconds=0.3)
    role.fault = [None, faults.evicted, None]
    with openai_like.serving(role):
        start = time.monotonic()
        assert chat(role).status_code == 200
        assert time.monotonic() - start >= 0.3
        evicted = chat(role)
        assert (evicted.status_code, evicted.json()) == (400, {"error": "Model unloaded."})
        assert chat(role).status_code == 200
    assert role.shelf.loads == ["eyes", "eyes"]


def test_what_a_request_loaded_goes_when_another_model_is_asked_for() -> None:
    models = (Model("eyes", loaded=False), Model("other", loaded=False), Model("mine"))
    with openai_like.serving(Server(describes_the_colour, models=models)) as role:
        chat(role)
        assert role.shelf.loaded == {"eyes", "mine"}
        chat(role, model="other")
        assert role.shelf.loaded == {"other", "mine"}


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("lmstudio", {"response_format": {"type": "json_object"}}, "must be 'json_schema' or 'text'"),
        ("lmstudio", {"tool_choice": {"type": "function"}}, "Supported string values: none, auto, required"),
        ("deepseek", {"response_format": {"type": "json_schema"}}, "This response_format type is unavailable now"),
        ("deepseek", {"tool_choice": {"type": "function"}}, "Thinking mode does not support"),
        ("deepseek", {"tool_choice": "required"}, "Thinking mode does not support"),
        ("deepseek", {"messages": [{"role": "user", "content": "x"}]}, "must contain the word 'json'"),
        ("openai", {"model": "nope"}, "does not exist or you do not have access to it"),
        ("llamacpp", {"messages": None}, "'messages' is required"),
        ("ollama", {"model": "nope"}, "model 'nope' not found"),
        ("ollama", {"messages": [{"role": "user", "content": "", "images": ["@@"]}]}, "illegal base64 data"),
        ("ollama", {"messages": [{"role": "user", "content": "", "images": ["aGVsbG8="]}]}, '{"error": {"code": 400'),
    ],
)
def test_what_the_real_one_refuses_is_refused_in_its_words(serve: Callable, name: str, body: dict, words: str) -> None:
    answer = chat(serve(name), **body)
    assert answer.status_code in {400, 404}
    assert words in words_of(answer)


@pytest.mark.parametrize("address", ["webp", "https://example.com/a.jpg"])
def test_pictures_are_jpeg_or_png_data_alone(serve: Callable, address: str) -> None:
    url = f"data:image/webp;base64,{picture('red', '.webp')}" if address == "webp" else address
    content = [{"type": "image_url", "image_url": {"url": url}}]
    answer = chat(serve("lmstudio"), messages=[{"role": "user", "content": content}])
    assert (answer.status_code, answer.json()) == (400, {"error": "'url' field must be a base64 encoded image."})


def test_deepseek_thinks_unless_told_not_to(serve: Callable) -> None:
    role = serve("deepseek")
    assert said(chat(role))["reasoning_content"] == "Let me look."
    assert "reasoning_content" not in said(chat(role, thinking={"type": "disabled"}))


def test_a_blind_model_refuses_pictures() -> None:
    blind = (Model("eyes", sees=False),)
    with openai_like.serving(Server(describes_the_colour, models=blind)) as role:
        assert words_of(chat(role)) == "Model does not support images. Please use a model that does."
    with ollama.serving(OllamaServer(models=blind)) as role:
        assert "model does not support multimodal requests" in words_of(chat(role))


@pytest.mark.parametrize(
    ("name", "words"),
    [("openai", "Incorrect API key provided"), ("deepseek", "Authentication Fails"), ("lmstudio", "Malformed")],
)
def test_a_wrong_key_is_401_in_the_servers_own_words(serve: Callable, name: str, words: str) -> None:
    role = serve(name, token="right")  # noqa: S106  # made up
    assert chat(role, key="right").status_code == 200
    answer = chat(role, key="wrong")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith(words)


def test_lm_studio_answers_an_unknown_path_with_200_and_an_error(serve: Callable) -> None:
    answer = httpx.get(serve("lmstudio").url.removesuffix("/v1") + "/nope", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"error": "Unexpected endpoint or method. (GET /nope)"})


def test_ollama_says_that_it_runs_and_loads_and_unloads_without_a_message(serve: Callable) -> None:
    role = serve("ollama")
    assert httpx.get(role.url, trust_env=False).text == "Ollama is running"
    assert httpx.get(f"{role.url}/api/version", trust_env=False).json() == {"version": "0.30.0"}
    assert said(chat(role, messages=[], keep_alive=0))["finish"] == "unload"
    assert httpx.get(f"{role.url}/api/ps", trust_env=False).json() == {"models": []}
    assert said(chat(role, messages=[]))["finish"] == "load"
    (running,) = httpx.get(f"{role.url}/api/ps", trust_env=False).json()["models"]
    assert (running["name"], running["context_length"]) == ("eyes", 4096)
