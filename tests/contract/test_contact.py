"""What a model is shown of a scene, as it arrives at a server: one picture of all stills, or each still by itself."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine import COLOURS, MMPROJ, MODEL
from servers import ollama, openai_like
from servers.loopback import Role, Seen

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import Backend, Forced
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.router import build_vision_router, load_wording
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError
from autocut_director.prompts import builtin_files
from autocut_director.tools.describe import Look, describe_scenes
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.store import NO_STORE, SceneStore, Store
from autocut_director.tools.timeline import Scene

KEY = "sk-made-up"
NOWHERE = "http://127.0.0.1:9"
NAMES = list(COLOURS)
WIDE, TALL = (512, 288), (288, 512)
SAID = "as one picture"


def shot(*names: str, size: tuple[int, int] = WIDE) -> SceneFrames:
    """A scene with a still of each colour."""
    scene = Scene(scene_id="S0001", start_frame=0, end_frame=10 * len(names))
    return SceneFrames(scene, tuple(_still(n, name, size) for n, name in enumerate(names)))


def _still(number: int, name: str, size: tuple[int, int]) -> Frame:
    jpeg = to_jpeg(np.full((size[1], size[0], 3), COLOURS[name], np.uint8))
    return Frame("S0001", 10 * number + 5, jpeg, *size, None)


@dataclass
class Server:
    """A server with one model, and what it was asked."""

    backend: Backend
    role: Role

    @property
    def settings(self) -> Settings:
        hosts = {"lmstudio": {"lmstudio_host": self.role.url}, "ollama": {"ollama_host": self.role.url}}
        openai = {"openai_api_key": KEY, "openai_base_url": self.role.url}
        nowhere = {"lmstudio_host": f"{NOWHERE}/v1", "ollama_host": NOWHERE}
        return Settings(**{**nowhere, **hosts.get(self.backend, openai)})

    def policy(self, frames: int | None = None) -> ExecutionPolicy:
        forced = Forced(vision=self.backend, frames_per_scene=frames)
        return ExecutionPolicy.resolve(RuntimeProfile.detect(self.settings), self.settings, forced=forced)

    def look(self, scene: SceneFrames, *, frames: int | None = None, store: Store = NO_STORE, **more: Any) -> Look:
        router = build_vision_router(self.settings, policy=self.policy(frames), store=store, **more)
        (look,) = describe_scenes(router, [scene])
        return look

    @property
    def asked(self) -> list[Seen]:
        return [seen for seen in self.role.seen if seen.method == "POST" and seen.body.get("messages")]

    @property
    def pictures(self) -> list[np.ndarray]:
        (seen,) = self.asked
        return ollama.pictures_in(seen.body) if self.backend == "ollama" else openai_like.pictures_in(seen.body)

    @property
    def words(self) -> str:
        (seen,) = self.asked
        return " ".join(json.dumps(_without_pictures(seen.body["messages"])).replace("\\n", " ").split())


def _without_pictures(messages: list[dict[str, Any]]) -> list[Any]:
    return [
        m["content"] if isinstance(m["content"], str) else [b["text"] for b in m["content"] if b["type"] == "text"]
        for m in messages
    ]


def colours_of(parts: list[np.ndarray]) -> list[str]:
    """Name the colour in the middle of each part."""
    middles = [part[part.shape[0] // 2, part.shape[1] // 2].astype(int) for part in parts]
    return [min(COLOURS, key=lambda name: np.abs(middle - COLOURS[name]).sum()) for middle in middles]


@pytest.fixture
def servers() -> Iterator[dict[str, Server]]:
    answer = openai_like.describes_the_colour
    with ExitStack() as stack:
        roles: dict[str, tuple[Backend, Role]] = {
            "moondream2": ("lmstudio", openai_like.Server(answer, models=("moondream2",))),
            "llava-phi-3": ("lmstudio", openai_like.Server(answer, models=("llava-phi-3",))),
            "qwen2-vl-7b": ("lmstudio", openai_like.Server(answer, models=("qwen2-vl-7b",))),
            "moondream:latest": ("ollama", ollama.OllamaServer()),
            "gpt-4o": ("openai", openai_like.Server(answer, token=KEY, models=("gpt-4o",), dialect="openai")),
        }
        for _, role in roles.values():
            stack.enter_context(
                ollama.serving(role) if isinstance(role, ollama.OllamaServer) else openai_like.serving(role)
            )
        yield {model: Server(backend, role) for model, (backend, role) in roles.items()}


ONE_PICTURE = ("moondream2", "llava-phi-3", "moondream:latest")
SEVERAL = ("qwen2-vl-7b", "gpt-4o")


@pytest.mark.parametrize("model", ONE_PICTURE)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize(("size", "axis", "said"), [(WIDE, 0, "from top to bottom"), (TALL, 1, "from left to right")])
def test_the_stills_arrive_in_order_as_one_picture(
    servers: dict[str, Server], model: str, order: tuple[int, ...], size: tuple[int, int], axis: int, said: str
) -> None:
    server, names = servers[model], [NAMES[n] for n in order]
    look = server.look(shot(*names, size=size))
    (picture,) = server.pictures
    assert max(picture.shape) <= 512
    assert colours_of(np.array_split(picture, 3, axis=axis)) == names
    assert f"{SAID}: it shows 3 moments of the scene, {said}, the first one first" in server.words
    assert look.description is not None
    assert (look.frames, [attempt.frames for attempt in look.attempts]) == (3, [3])  # three stills were shown


@pytest.mark.parametrize("model", SEVERAL)
def test_a_model_that_takes_several_is_sent_each_still_by_itself(servers: dict[str, Server], model: str) -> None:
    server = servers[model]
    look = server.look(shot(*NAMES))
    assert [picture.shape[:2] for picture in server.pictures] == [(288, 512)] * 3
    assert colours_of(server.pictures) == NAMES
    assert SAID not in server.words
    assert look.frames == 3


@pytest.mark.parametrize("model", [*ONE_PICTURE, *SEVERAL])
@pytest.mark.parametrize("frames", [None, 1])
def test_a_single_still_is_sent_as_it_is(servers: dict[str, Server], model: str, frames: int | None) -> None:
    """Of a very short scene, or where one still was asked for; then the middle one is shown."""
    server = servers[model]
    look = server.look(shot(NAMES[1]) if frames is None else shot(*NAMES), frames=frames)
    assert [picture.shape[:2] for picture in server.pictures] == [(288, 512)]
    assert colours_of(server.pictures) == [NAMES[1]]
    assert SAID not in server.words
    assert look.frames == 1


@pytest.mark.parametrize(("model", "pictures"), [("moondream2", 1), ("moondream:latest", 1), ("gpt-4o", 5)])
def test_as_many_stills_as_were_asked_for_are_shown(servers: dict[str, Server], model: str, pictures: int) -> None:
    server = servers[model]
    look = server.look(shot(*NAMES, *NAMES[:2]), frames=5)
    assert (len(server.pictures), look.frames) == (pictures, 5)
    assert ("it shows 5 moments of the scene, row by row, each from left to right" in server.words) == (pictures == 1)


@pytest.mark.parametrize("model", ["moondream2", "gpt-4o"])
def test_every_picture_is_asked_for_at_the_low_price(servers: dict[str, Server], model: str) -> None:
    """`detail: low` is a fixed price at OpenAI's; llama.cpp, asked below, passes the field over."""
    server = servers[model]
    assert server.look(shot(*NAMES)).description is not None
    (seen,) = server.asked
    urls = [part["image_url"] for part in seen.body["messages"][0]["content"] if part["type"] == "image_url"]
    assert urls
    assert [url["detail"] for url in urls] == ["low"] * len(urls)
    assert all(base64.b64decode(url["url"].partition(",")[2])[:3] == b"\xff\xd8\xff" for url in urls)


def test_ollama_is_sent_pictures_and_no_word_of_detail(servers: dict[str, Server]) -> None:
    server = servers["moondream:latest"]
    assert server.look(shot(*NAMES)).description is not None
    assert "detail" not in json.dumps([{**m, "content": ""} for m in server.asked[0].body["messages"]])


# ---------------------------------------------------------------- what is kept


def test_the_stills_as_one_picture_are_another_question_than_each_by_itself(
    servers: dict[str, Server], tmp_path: Path
) -> None:
    server, store = servers["moondream2"], SceneStore(tmp_path)
    policy = server.policy()
    each = policy.model_copy(update={"vision": (policy.vision[0].model_copy(update={"images": None}),)})
    for asked, decided in ((1, policy), (2, each), (2, policy), (2, each)):
        router = build_vision_router(server.settings, policy=decided, store=store)
        (look,) = describe_scenes(router, [shot(*NAMES)])
        assert (len(server.asked), look.frames) == (asked, 3)


def test_what_is_said_of_one_picture_is_part_of_its_question_and_of_no_other(
    servers: dict[str, Server], tmp_path: Path
) -> None:
    ours = builtin_files()["contact_picture"].read_text(encoding="utf-8")
    (tmp_path / "contact_picture.md").write_text(f"{ours}一个场景。\n", encoding="utf-8")
    own, store = load_wording("en", tmp_path)[0], SceneStore(tmp_path / "store")
    for model, asked in (("moondream2", 2), ("gpt-4o", 1)):
        server = servers[model]
        for wording in (load_wording("en")[0], own, own):
            server.look(shot(*NAMES), wording=wording, store=store)
        assert len(server.asked) == asked


def test_another_order_of_the_stills_is_another_question(servers: dict[str, Server], tmp_path: Path) -> None:
    server, store = servers["moondream2"], SceneStore(tmp_path)
    for names in (NAMES, NAMES[::-1], NAMES):
        server.look(shot(*names), store=store)
    assert len(server.asked) == 2


def test_a_still_that_is_no_picture_fails_its_scene_and_nobody_is_asked(servers: dict[str, Server]) -> None:
    scene = shot(*NAMES)
    broken = replace(scene, frames=(*scene.frames[:2], replace(scene.frames[2], jpeg=b"no picture")))
    look = servers["moondream2"].look(broken)
    assert look.description is None
    assert (look.error or "").startswith(f"{InputError.__name__}: The still of frame 25 in scene S0001 is no picture")
    assert not servers["moondream2"].asked


# ---------------------------------------------------------------- over llama.cpp itself


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("size", [WIDE, TALL])
def test_the_real_engine_sees_the_colour_of_a_contact_picture(colour: str, size: tuple[int, int]) -> None:
    """The embedded model is a stranger, so it is told here that it takes one picture."""
    settings = Settings.from_env().model_copy(update={"embedded_model": MODEL, "embedded_mmproj": MMPROJ})
    policy = ExecutionPolicy.resolve(RuntimeProfile.detect(settings), settings, forced=Forced(vision="embedded"))
    (route,) = policy.vision
    scene, tokens = shot(colour, colour, colour, size=size), {}
    for images in (1, None):
        decided = policy.model_copy(update={"vision": (route.model_copy(update={"images": images}),)})
        (look,) = describe_scenes(build_vision_router(settings, policy=decided), [scene])
        assert look.description is not None, look.error
        assert [name for name in COLOURS if name in look.description.summary] == [colour]
        assert (look.frames, look.rung) == (3, "schema")
        tokens[images] = look.input_tokens
    assert tokens[1] != tokens[None]
