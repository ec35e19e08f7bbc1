"""What describing costs over the model's own time, and what choosing the scenes costs. Each against a peer, in one run.

    python tests/benchmarks/bench_describe.py

- 60 scenes by the router, against the openai client alone with the same pictures, prompt and schema, as many at once;
  the server is a local one that answers after a set time and reads the pictures that it was sent.
- The same with a first backend that is dead, against the router without it.
- 120 of 2,000 scenes chosen, against decoding the same stills once.
"""

import base64
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import openai
from langchain_core.runnables import Runnable
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from servers.faults import slow
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.router import build_vision_router, load_wording
from autocut_director.agent.settings import Settings
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.describe import describe_scenes
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.selection import select
from autocut_director.tools.timeline import Scene, SceneDescription

SCENES, SLOTS, MANY, CHOSEN = 60, 4, 2000, 120
NOWHERE = "http://127.0.0.1:9"


def shots(count: int, *, size: tuple[int, int] = (288, 512)) -> list[SceneFrames]:
    """Scenes of three stills each: noise, coarse enough for a JPEG, in a colour of its own."""
    random = np.random.default_rng(1)
    made = []
    for number in range(count):
        coarse = random.integers(0, 80, (9, 16, 3)) + random.integers(0, 170, 3)
        jpeg = to_jpeg(cv2.resize(coarse.astype(np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC))
        scene = Scene(scene_id=f"S{number:04d}", start_frame=number * 75, end_frame=number * 75 + 75)
        frames = tuple(Frame(scene.scene_id, number * 75 + at, jpeg, *size[::-1], None) for at in (5, 37, 70))
        made.append(SceneFrames(scene, frames))
    return made


def client_alone(url: str, film: Sequence[SceneFrames]) -> None:
    """The same questions by the openai client, `SLOTS` at once."""
    client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
    form = {"type": "json_schema", "json_schema": {"name": "scene_description", "schema": answer_schema()}}
    prompt = load_wording("en")[0].json

    def ask(shot: SceneFrames) -> None:
        urls = [f"data:image/jpeg;base64,{base64.b64encode(frame.jpeg).decode()}" for frame in shot.frames]
        content = [{"type": "text", "text": prompt}, *({"type": "image_url", "image_url": {"url": u}} for u in urls)]
        message = {"role": "user", "content": content}
        client.chat.completions.create(model="moondream2", messages=[message], response_format=form, temperature=0)

    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(ask, film))
    client.close()


def router_at(url: str, *, dead_first: bool = False) -> Runnable[SceneFrames, SceneDescription]:
    """The router as the policy makes it for one LM Studio with `SLOTS` places; before it one that is not there."""
    settings = Settings(LMSTUDIO_HOST=url, OLLAMA_HOST=NOWHERE)
    policy = ExecutionPolicy.resolve(RuntimeProfile.detect(settings), settings)
    first = policy.vision[0].model_copy(update={"parallel": SLOTS, "cold": False, "frames": 3})
    dead = first.model_copy(update={"backend": "ollama", "url": NOWHERE})
    chain = (dead, first) if dead_first else (first,)
    return build_vision_router(settings, policy=policy.model_copy(update={"vision": chain}))


def by_router(router: Runnable[SceneFrames, SceneDescription], film: Sequence[SceneFrames]) -> None:
    """Described as a run describes them, `SLOTS` at once."""
    looks = describe_scenes(router, film, parallel=SLOTS)
    if not all(look.description and look.description.analyzed_by == "lmstudio" for look in looks):
        raise SystemExit("not every scene was described by the server: the figures would mean nothing")


def decode(film: Sequence[SceneFrames]) -> None:
    for frame in itertools.chain.from_iterable(shot.frames for shot in film):
        cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)


def best(work: Callable[[], object], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    table = Table("what", "seconds", "against", "seconds", "ratio")

    def row(what: str, took: float, peer: str, peer_took: float) -> None:
        table.add_row(what, f"{took:.2f}", peer, f"{peer_took:.2f}", f"{took / peer_took:.2f}")

    film = shots(SCENES)
    for answer_s in (0.2, 0.05):
        with serving(Server(describes_the_colour, fault=slow(answer_s))) as server:
            client = best(lambda at=server.url: client_alone(at, film))
            router = best(lambda at=server.url: by_router(router_at(at), film))
            dead = best(lambda at=server.url: by_router(router_at(at, dead_first=True), film))
        row(f"{SCENES} scenes, server at {answer_s * 1000:.0f} ms", router, "the openai client alone", client)
        row("the same", router, "latency × scenes ÷ slots", answer_s * SCENES / SLOTS)
        row("the same, first backend dead", dead, "without it", router)
    many = shots(MANY)
    chosen, decoded = best(lambda: select(many, CHOSEN)), best(lambda: decode(many))
    row(f"{CHOSEN} of {MANY:,} scenes chosen", chosen, "decoding their stills", decoded)
    Console().print(table)


if __name__ == "__main__":
    main()
