"""The policy: every class, what is up, settings and forced arguments; each decision with who made it and why."""

from itertools import product
from typing import Any

import pytest
from profiles import MOONDREAM, deepseek, embedded, lmstudio, machine, ollama, openai, settings

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import Forced
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.servers.probing import Runtime, ServedModel
from autocut_director.errors import InputError, NoBackendError

KEYS = {"OPENAI_API_KEY": "sk-x", "DEEPSEEK_API_KEY": "sk-y"}


def resolved(profile: RuntimeProfile, forced: Forced | None = None, **values: Any) -> ExecutionPolicy:
    return ExecutionPolicy.resolve(profile, settings(**values), forced=forced)


def chain(policy: ExecutionPolicy) -> list[str]:
    return [route.backend for route in policy.vision]


def over(policy: ExecutionPolicy, backend: str) -> str:
    return next(str(passed) for passed in policy.passed_over if passed.backend == backend)


# ---------------------------------------------------------------- the contract's example, and its table


def test_the_contracts_example_machine() -> None:
    """24 threads, 31.8 GB, no GPU, LM Studio up with moondream loaded, a DeepSeek key."""
    profile = machine(runtimes=(lmstudio(), deepseek()))
    policy = resolved(profile, DEEPSEEK_API_KEY="sk-y")
    assert (profile.profile_class, profile.cpu_score) == ("LOCAL_CPU_ONLY", "ultra")
    first = policy.vision[0]
    assert (first.backend, first.model, first.cold, first.parallel) == ("lmstudio", "moondream2", False, 4)
    assert (policy.device, policy.max_scenes, policy.planners[0].backend) == ("cpu", 10, "deepseek")


@pytest.mark.parametrize(
    ("vram", "ram", "cloud", "name"),
    [
        (0, 32, True, "LOCAL_CPU_ONLY"),
        (3.9, 32, True, "LOCAL_CPU_ONLY"),
        (4, 32, True, "LOCAL_GPU_LOW"),
        (7.9, 32, True, "LOCAL_GPU_LOW"),
        (8, 32, True, "LOCAL_GPU_MID"),
        (15.9, 32, True, "LOCAL_GPU_MID"),
        (15.99, 32, True, "LOCAL_GPU_HIGH"),
        (16, 3, True, "LOCAL_GPU_HIGH"),
        (80, 32, True, "LOCAL_GPU_HIGH"),
        (0, 3.9, True, "CLOUD_HYBRID"),
        (2, 3.9, True, "CLOUD_HYBRID"),
        (0, 3.9, False, "LOCAL_CPU_ONLY"),
        (0, 4, True, "LOCAL_CPU_ONLY"),
    ],
)
def test_the_class_goes_by_the_largest_gpus_vram(vram: float, ram: float, cloud: bool, name: str) -> None:
    assert machine(vram, ram=ram, cloud_allowed=cloud).profile_class == name


@pytest.mark.parametrize(
    ("threads", "score"), [(1, "low"), (7, "low"), (8, "medium"), (12, "high"), (15, "high"), (16, "ultra")]
)
def test_the_processors_score(threads: int, score: str) -> None:
    assert machine(threads=threads).cpu_score == score


CLASSES = {
    "LOCAL_CPU_ONLY": (machine(), "cpu", 10),
    "LOCAL_GPU_LOW": (machine(6), "cpu", 10),
    "LOCAL_GPU_MID": (machine(12), "gpu", 10),
    "LOCAL_GPU_HIGH": (machine(24), "gpu", 20),
    "CLOUD_HYBRID": (machine(ram=3), "-", 10),
}
UP: dict[str, Runtime] = {"lmstudio": lmstudio(), "ollama": ollama(), "embedded": embedded(), "openai": openai()}
WANTS: dict[str, tuple[dict[str, Any], Forced]] = {
    "nothing": ({}, Forced()),
    "USE_LOCAL_VISION=true": ({"USE_LOCAL_VISION": "true"}, Forced()),
    "USE_LOCAL_VISION=false": ({"USE_LOCAL_VISION": "false"}, Forced()),
    "LOCAL_VISION_PROVIDER=ollama": ({"LOCAL_VISION_PROVIDER": "ollama"}, Forced()),
    "LOCAL_VISION_PROVIDER=embedded": ({"LOCAL_VISION_PROVIDER": "embedded"}, Forced()),
    "ALLOW_CLOUD=false": ({"ALLOW_CLOUD": "false"}, Forced()),
    "--force-local": ({}, Forced(force_local=True)),
    "--force-cloud": ({}, Forced(force_cloud=True)),
    "--force-cloud over USE_LOCAL_VISION=true": ({"USE_LOCAL_VISION": "true"}, Forced(force_cloud=True)),
    "--vision lmstudio": ({}, Forced(vision="lmstudio")),
    "--vision ollama": ({}, Forced(vision="ollama")),
    "--vision embedded": ({}, Forced(vision="embedded")),
    "--vision openai": ({}, Forced(vision="openai")),
    "--vision builtin": ({}, Forced(vision="builtin")),
}


def by_the_table(name: str, want: str, up: frozenset[str]) -> list[str]:
    """The chain as the contract's words have it, written down a second time and in another way."""
    values, forced = WANTS[want]
    if forced.vision:
        return [forced.vision] if forced.vision in {*up, "builtin"} else []
    locals_first = ["lmstudio", "ollama", "embedded"]
    provider = values.get("LOCAL_VISION_PROVIDER")
    hybrid = name == "CLOUD_HYBRID" and want != "ALLOW_CLOUD=false"
    local_only = forced.force_local or (values.get("USE_LOCAL_VISION") == "true" and not forced.force_cloud)
    cloud_only = forced.force_cloud or values.get("USE_LOCAL_VISION") == "false"
    order = [] if cloud_only or (hybrid and not local_only) else locals_first
    if provider:
        order = [provider, *(backend for backend in order if backend != provider)]
    if not local_only and values.get("ALLOW_CLOUD") != "false":
        order = [*order, "openai"]
    return [*(backend for backend in order if backend in up), "builtin"]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("want", WANTS)
def test_every_class_whatever_is_up_and_wanted(name: str, want: str) -> None:
    profile, device, scenes = CLASSES[name]
    values, forced = WANTS[want]
    cloud = values.get("ALLOW_CLOUD") != "false"
    for bits in product([True, False], repeat=len(UP)):
        up = frozenset(backend for backend, there in zip(UP, bits, strict=True) if there)
        runtimes = tuple(UP[backend] for backend in UP if backend in up)
        keys = KEYS if "openai" in up else {}
        here = profile.model_copy(update={"runtimes": runtimes, "cloud_allowed": cloud})
        policy = resolved(here, forced, **values, **keys)
        assert chain(policy) == by_the_table(name, want, up), sorted(up)
        assert {p.backend for p in policy.passed_over} | set(chain(policy)) == {*UP, "builtin"}
        assert all(passed.bound for passed in policy.passed_over)
        assert policy.frames_per_scene == (policy.vision[0].frames if policy.vision else 3)
        if name != "CLOUD_HYBRID" or cloud:
            assert (policy.device, policy.max_scenes) == (device, scenes)
        assert ("openai" in chain(policy)) == any(leaving.what == "frames" for leaving in policy.leaves)


@pytest.mark.parametrize(
    ("want", "by"),
    [
        ("nothing", "policy"),
        ("USE_LOCAL_VISION=true", "settings"),
        ("LOCAL_VISION_PROVIDER=ollama", "settings"),
        ("--force-local", "forced"),
        ("--vision ollama", "forced"),
    ],
)
def test_who_decided_is_said(want: str, by: str) -> None:
    values, forced = WANTS[want]
    policy = resolved(machine(runtimes=tuple(UP.values())), forced, **values)
    decided = policy.decisions["vision"]
    assert (decided.by, decided.value) == (by, chain(policy)[0])
    assert decided.why
    assert all(decision.why for decision in policy.decisions.values())


def test_forced_numbers_win_and_say_so() -> None:
    policy = resolved(machine(24, runtimes=(lmstudio(),)), Forced(max_scenes=0, frames_per_scene=5))
    assert (policy.max_scenes, policy.frames_per_scene, policy.vision[0].frames) == (0, 5, 5)
    assert policy.decisions["max_scenes"].by == policy.decisions["frames_per_scene"].by == "forced"


@pytest.mark.parametrize(
    ("forced", "values", "said"),
    [
        (Forced(force_local=True, force_cloud=True), {}, "--force-local and --force-cloud exclude"),
        (Forced(force_local=True, vision="openai"), {}, "--vision openai and --force-local exclude"),
        (Forced(force_cloud=True, vision="ollama"), {}, "--force-cloud and --vision ollama exclude"),
        (Forced(force_cloud=True), {"ALLOW_CLOUD": "false"}, "--force-cloud, but ALLOW_CLOUD=false forbids it"),
        (Forced(vision="openai"), {"ALLOW_CLOUD": "false"}, "--vision openai, but ALLOW_CLOUD=false forbids it"),
    ],
)
def test_what_contradicts_itself_is_refused(forced: Forced, values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        resolved(machine(), forced, **values)


# ---------------------------------------------------------------- models


WRITER = ServedModel(id="qwen3-8b", sees=False, loaded=True, context_tokens=16384)


def vlm(name: str, **more: Any) -> ServedModel:
    return ServedModel(id=name, **{"sees": True, "size_gib": 4.0, **more})


@pytest.mark.parametrize(
    ("models", "chosen"),
    [
        ([vlm("qwen2-vl-7b"), vlm("moondream2"), vlm("llava-phi-3-mini")], "moondream2"),
        ([vlm("qwen2-vl-7b"), vlm("llava-phi-3-mini")], "llava-phi-3-mini"),
        ([vlm("minicpm-v-2_6"), vlm("qwen2-vl-7b")], "qwen2-vl-7b"),
        ([vlm("moondream2"), vlm("qwen2-vl-7b", loaded=True)], "qwen2-vl-7b"),
        ([vlm("minicpm-v-2_6")], "minicpm-v-2_6"),
        ([vlm("b-vl", size_gib=3), vlm("a-vl", size_gib=6)], "b-vl"),
        ([ServedModel(id="moondream2"), ServedModel(id="qwen3-8b")], "moondream2"),
        ([ServedModel(id="text-embedding-nomic", embedding=True), vlm("moondream2")], "moondream2"),
        ([vlm("qwen3-vl:235b-cloud", remote=True, loaded=True), vlm("moondream:latest")], "moondream:latest"),
    ],
)
def test_which_model_of_a_server(models: list[ServedModel], chosen: str) -> None:
    policy = resolved(machine(runtimes=(lmstudio(*models),)))
    assert policy.vision[0].model == chosen
    assert policy.decisions["model"].why


@pytest.mark.parametrize(
    "models",
    [
        [ServedModel(id="qwen3-8b", sees=False, loaded=True)],
        [ServedModel(id="some-stranger", loaded=True)],
        [ServedModel(id="moondream-embed", sees=True, embedding=True, loaded=True)],
        [vlm("qwen3-vl:235b-cloud", remote=True)],
    ],
)
def test_what_does_not_see_is_not_chosen(models: list[ServedModel]) -> None:
    policy = resolved(machine(runtimes=(lmstudio(*models),)))
    assert chain(policy) == ["builtin"]
    assert "has no model that sees" in over(policy, "lmstudio")
    assert "lms get moondream2" in over(policy, "lmstudio")


def test_a_large_model_comes_with_a_word_about_its_size() -> None:
    policy = resolved(machine(runtimes=(lmstudio(vlm("minicpm-v-2_6")),)))
    assert "about 5 GB" in policy.vision[0].word


def test_the_model_that_was_named_is_the_model() -> None:
    server = lmstudio(MOONDREAM, ServedModel(id="stranger"))
    policy = resolved(machine(runtimes=(server,)), LMSTUDIO_MODEL="stranger")
    assert (policy.vision[0].model, policy.vision[0].cold) == ("stranger", True)
    assert (policy.decisions["model"].by, policy.decisions["model"].why) == ("settings", "LMSTUDIO_MODEL")
    policy = resolved(machine(runtimes=(server,)), Forced(model="moondream2"), LMSTUDIO_MODEL="stranger")
    assert (policy.vision[0].model, policy.decisions["model"].by) == ("moondream2", "forced")


def test_a_named_model_that_is_not_there_passes_its_server_over() -> None:
    policy = resolved(machine(runtimes=(ollama(),)), LOCAL_VISION_MODEL="llava-phi3")
    assert "llava-phi3 (LOCAL_VISION_MODEL) is not on it; it has: moondream:latest" in over(policy, "ollama")
    assert "`ollama pull llava-phi3`" in over(policy, "ollama")
    assert resolved(machine(runtimes=(ollama(),)), LOCAL_VISION_MODEL="moondream").vision[0].model == "moondream:latest"


def test_a_forced_model_is_looked_for_everywhere_and_never_guessed_at_openai() -> None:
    profile = machine(runtimes=(lmstudio(), ollama(), openai("gpt-4o", "gpt-6-luna")))
    assert chain(resolved(profile, Forced(model="moondream2"), **KEYS)) == ["lmstudio", "builtin"]
    assert chain(resolved(profile, Forced(model="gpt-6-luna"), **KEYS)) == ["openai", "builtin"]
    meant = resolved(profile, Forced(model="my-own", vision="openai"), **KEYS)
    assert meant.vision[0].model == "my-own"


def test_a_model_that_does_not_fit_is_passed_over() -> None:
    profile = machine(ram=8, runtimes=(lmstudio(vlm("big-vl", size_gib=20.0)), ollama()))
    policy = resolved(profile)
    assert chain(policy) == ["ollama", "builtin"]
    assert "big-vl wants about 24.0 GiB, 5.6 GiB are free" in over(policy, "lmstudio")
    roomy = profile.model_copy(update={"gpus": machine(40).gpus})
    assert chain(resolved(roomy)) == ["lmstudio", "ollama", "builtin"]
    loaded = profile.model_copy(update={"runtimes": (lmstudio(vlm("big-vl", size_gib=20.0, loaded=True)),)})
    assert chain(resolved(loaded)) == ["lmstudio", "builtin"]


@pytest.mark.parametrize(
    ("runtime", "values", "parallel", "by"),
    [
        (lmstudio(vlm("a", parallel=2)), {}, 2, "policy"),
        (lmstudio(vlm("a")), {}, 4, "policy"),
        (lmstudio(vlm("a")).model_copy(update={"source": "/v1/models"}), {}, 1, "policy"),
        (ollama(), {}, 1, "policy"),
        (ollama(), {"OLLAMA_NUM_PARALLEL": "3"}, 3, "settings"),
        (openai(), KEYS, 8, "policy"),
    ],
)
def test_how_many_at_once(runtime: Runtime, values: dict[str, Any], parallel: int, by: str) -> None:
    policy = resolved(machine(runtimes=(runtime,)), **values)
    assert policy.vision[0].parallel == parallel
    assert policy.decisions["parallel"].by == by


@pytest.mark.parametrize(
    ("runtime", "values", "forced", "frames", "images", "pictures", "why"),
    [
        (lmstudio(), {}, None, 3, 1, 1, "moondream2 takes 1 in one request: 3 stills are shown as one picture"),
        (lmstudio(), {}, 5, 5, 1, 1, "moondream2 takes 1 in one request: 5 stills are shown as one picture"),
        (lmstudio(), {}, 1, 1, 1, 1, "each still by itself"),
        (lmstudio(vlm("llava-phi-3")), {}, None, 3, 1, 1, "llava-phi-3 takes 1 in one request: 3 stills"),
        (lmstudio(vlm("qwen2-vl-7b")), {}, None, 3, None, 3, "each still by itself"),
        (lmstudio(vlm("qwen2-vl-7b")), {}, 5, 5, None, 5, "each still by itself"),
        (embedded(), {"EMBEDDED_MODEL": "text.gguf", "EMBEDDED_MMPROJ": "eyes.gguf"}, None, 3, 1, 1, "moondream2-text"),
        (openai(), KEYS, None, 3, None, 3, "each still by itself"),
    ],
)
def test_a_model_that_takes_one_picture_is_shown_all_stills_as_one(
    runtime: Runtime,
    values: dict[str, Any],
    forced: int | None,
    frames: int,
    images: int | None,
    pictures: int,
    why: str,
) -> None:
    policy = resolved(machine(runtimes=(runtime,)), Forced(frames_per_scene=forced), **values)
    route = policy.vision[0]
    assert (policy.frames_per_scene, route.frames, route.images, route.pictures) == (frames, frames, images, pictures)
    assert (policy.decisions["pictures"].value, policy.decisions["pictures"].by) == (pictures, "policy")
    assert policy.decisions["pictures"].why.startswith(why)


def test_builtin_sees_each_still_by_itself() -> None:
    policy = resolved(machine())
    assert (policy.frames_per_scene, policy.decisions["pictures"].value) == (3, 3)


# ---------------------------------------------------------------- several servers of one kind


def at(place: str, *models: ServedModel, remote: bool = False, **more: Any) -> Runtime:
    """An LM Studio server at another address."""
    return lmstudio(*models, **more).model_copy(update={"url": f"http://{place}/v1", "remote": remote})


def pools(policy: ExecutionPolicy) -> list[list[str]]:
    return [[route.url for route in pool] for pool in policy.pools]


def left_out(policy: ExecutionPolicy, backend: str = "lmstudio") -> list[str]:
    return [str(passed) for passed in policy.passed_over if passed.backend == backend]


HERE, NEXT = "127.0.0.1:1234", "127.0.0.1:1235"


def test_servers_of_one_kind_with_the_same_model_are_a_pool() -> None:
    one, three = vlm("moondream2", loaded=True, parallel=1), vlm("moondream2", parallel=2)
    policy = resolved(machine(runtimes=(at(HERE, one), at(NEXT, three), ollama())))
    assert pools(policy) == [[f"http://{HERE}/v1", f"http://{NEXT}/v1"], ["http://127.0.0.1:11434"], [""]]
    assert [route.cold for route in policy.vision[:2]] == [False, True]
    assert policy.parallel == 3
    parallel = policy.decisions["parallel"]
    assert (parallel.value, parallel.why) == (3, "2 servers, 3 places")


def test_the_largest_pool_says_how_many_scenes_are_looked_at_at_once() -> None:
    policy = resolved(machine(runtimes=(at(HERE, vlm("moondream2", parallel=1)), openai())), **KEYS)
    assert (policy.parallel, policy.decisions["parallel"].value) == (8, 1)


@pytest.mark.parametrize(
    ("here", "there", "chosen"),
    [
        ([vlm("qwen2-vl-7b")], [vlm("qwen2-vl-7b"), vlm("moondream2")], [None, "moondream2"]),
        ([vlm("qwen2-vl-7b"), vlm("moondream2")], [vlm("qwen2-vl-7b", loaded=True)], ["qwen2-vl-7b"] * 2),
        ([vlm("qwen2-vl-7b", loaded=True)], [vlm("moondream2", loaded=True)], [None, "moondream2"]),
    ],
)
def test_the_model_is_chosen_over_all_of_them(
    here: list[ServedModel], there: list[ServedModel], chosen: list[str | None]
) -> None:
    policy = resolved(machine(runtimes=(at(HERE, *here), at(NEXT, *there))))
    models = {route.url: route.model for route in policy.vision}
    assert [models.get(f"http://{place}/v1") for place in (HERE, NEXT)] == chosen


@pytest.mark.parametrize(
    ("second", "said", "mend"),
    [
        (at(NEXT, state="down", detail="refused"), f"no server answers at http://{NEXT}/v1 (refused)", "lms server"),
        (at(NEXT, state="locked"), f"http://{NEXT}/v1 is locked", "LM_API_TOKEN"),
        (at(NEXT, vlm("qwen2-vl-7b")), f"http://{NEXT}/v1 has no moondream2", "`lms get moondream2`"),
        (at(NEXT, WRITER), f"http://{NEXT}/v1 has no moondream2", "LMSTUDIO_MODEL"),
        (at(NEXT, vlm("moondream2", size_gib=90.0)), "no model fits: moondream2 wants about 108.0 GiB", "close pro"),
    ],
)
def test_one_that_cannot_look_is_left_out_of_its_pool_and_mended(second: Runtime, said: str, mend: str) -> None:
    policy = resolved(machine(runtimes=(at(HERE), second)))
    assert pools(policy) == [[f"http://{HERE}/v1"], [""]]
    (over,) = left_out(policy)
    assert said in over
    assert mend in over
    assert policy.decisions["parallel"].why == "what the server does at once"


def test_a_model_that_was_named_takes_those_servers_in_that_have_it() -> None:
    policy = resolved(machine(runtimes=(at(HERE, vlm("a")), at(NEXT, vlm("b"), vlm("a")))), LMSTUDIO_MODEL="b")
    assert pools(policy) == [[f"http://{NEXT}/v1"], [""]]
    assert left_out(policy)[0].startswith(f"LM Studio: b (LMSTUDIO_MODEL) is not on http://{HERE}/v1; it has: a.")


def test_when_none_of_them_can_look_each_says_why() -> None:
    profile = machine(runtimes=(at(HERE, WRITER), at(NEXT, state="down")))
    policy = resolved(profile)
    assert chain(policy) == ["builtin"]
    assert policy.stands_in
    assert [f"http://{HERE}" in left_out(policy)[0], f"http://{NEXT}" in left_out(policy)[1]] == [True, True]
    with pytest.raises(NoBackendError, match=f"http://{HERE}.* no server answers at http://{NEXT}"):
        resolved(profile, Forced(vision="lmstudio")).require_vision()


@pytest.mark.parametrize("first", [True, False], ids=["remote first", "local first"])
def test_one_on_another_machine_is_judged_by_itself(first: bool) -> None:
    away = at("nas:1234", remote=True)
    servers = (away, at(HERE)) if first else (at(HERE), away)
    policy = resolved(machine(runtimes=servers))
    assert len(policy.pools[0]) == 2
    assert [(leaving.what, leaving.to, leaving.first) for leaving in policy.leaves if leaving.what == "frames"] == [
        ("frames", "nas", True)
    ]
    for forced, values in [(Forced(force_local=True), {}), (Forced(), {"ALLOW_CLOUD": "false"})]:
        at_home = resolved(machine(runtimes=servers), forced, **values)
        assert pools(at_home) == [[f"http://{HERE}/v1"], [""]]
        assert "nas is another machine" in left_out(at_home)[0]
        assert not at_home.leaves


def test_what_may_leave_to_one_host_is_said_once() -> None:
    policy = resolved(machine(runtimes=(at("nas:1", remote=True), at("nas:2", remote=True))))
    assert [leaving.to for leaving in policy.leaves] == ["nas"]


def test_of_several_servers_each_is_a_planner_in_its_order() -> None:
    servers = (at(NEXT, state="down"), at(HERE, WRITER), at("127.0.0.1:1236", MOONDREAM, WRITER))
    policy = resolved(machine(runtimes=servers))
    urls = [f"http://{HERE}/v1", "http://127.0.0.1:1236/v1", ""]
    assert [planner.url for planner in policy.planners] == urls
    assert [over.backend for over in policy.planners_passed_over] == ["deepseek", "lmstudio", "ollama"]


# ---------------------------------------------------------------- consent


def remote_lmstudio() -> Runtime:
    return lmstudio().model_copy(update={"url": "http://nas:1234/v1", "remote": True})


@pytest.mark.parametrize(
    ("values", "forced"),
    [({"ALLOW_CLOUD": "false"}, Forced()), ({}, Forced(force_local=True)), ({"USE_LOCAL_VISION": "true"}, Forced())],
)
def test_a_server_on_another_machine_needs_consent(values: dict[str, Any], forced: Forced) -> None:
    profile = machine(runtimes=(remote_lmstudio(),))
    policy = resolved(profile, forced, **values)
    assert chain(policy) == ["builtin"]
    assert "nas is another machine" in over(policy, "lmstudio")
    assert "LOCAL_HOSTS=nas" in over(policy, "lmstudio")


def test_with_consent_it_is_used_and_what_leaves_is_said() -> None:
    away = lmstudio(MOONDREAM, WRITER).model_copy(update={"url": "http://nas:1234/v1", "remote": True})
    policy = resolved(machine(runtimes=(away,)))
    assert [(leaving.what, leaving.to, leaving.first) for leaving in policy.leaves] == [
        ("frames", "nas", True),
        ("descriptions", "nas", True),
    ]


def test_a_cloud_model_of_ollamas_is_only_used_when_it_was_named_and_the_cloud_allowed() -> None:
    profile = machine(runtimes=(ollama(vlm("qwen3-vl:235b-cloud", remote=True)),))
    assert chain(resolved(profile)) == ["builtin"]
    named = resolved(profile, LOCAL_VISION_MODEL="qwen3-vl:235b-cloud")
    assert (named.vision[0].backend, named.vision[0].remote) == ("ollama", True)
    assert (named.leaves[0].what, named.leaves[0].to) == ("frames", "ollama.com")
    refused = resolved(profile, LOCAL_VISION_MODEL="qwen3-vl:235b-cloud", ALLOW_CLOUD="false")
    assert "ALLOW_CLOUD=false" in over(refused, "ollama")


@pytest.mark.parametrize(
    ("runtime", "values", "said"),
    [
        (None, {}, "OPENAI_API_KEY is not set"),
        (openai(state="locked"), KEYS, "it refuses the key in OPENAI_API_KEY"),
        (openai(state="down", detail="no answer in 2 s"), KEYS, "does not answer (no answer in 2 s)"),
        (openai("gpt-6-luna"), KEYS, "it does not list gpt-4o"),
        (openai(), {**KEYS, "ALLOW_CLOUD": "false"}, "ALLOW_CLOUD=false"),
    ],
)
def test_why_openai_is_passed_over(runtime: Runtime | None, values: dict[str, Any], said: str) -> None:
    policy = resolved(machine(runtimes=() if runtime is None else (runtime,)), **values)
    assert said in over(policy, "openai")


def test_a_model_that_was_set_for_openai_is_taken_at_ones_word() -> None:
    policy = resolved(machine(runtimes=(openai("gpt-6-luna"),)), **KEYS, OPENAI_VISION_MODEL="ft:gpt-4o:me")
    assert policy.vision[0].model == "ft:gpt-4o:me"


@pytest.mark.parametrize(
    ("runtime", "said"),
    [
        (lmstudio(state="locked"), "LM_API_TOKEN"),
        (lmstudio(state="down", detail="refused"), "lms server start"),
        (ollama(state="down"), "ollama serve"),
        (embedded(state="down", detail="there is no file /x.gguf"), "there is no file /x.gguf"),
    ],
)
def test_why_a_local_server_is_passed_over_and_what_mends_it(runtime: Runtime, said: str) -> None:
    policy = resolved(machine(runtimes=(runtime,)), EMBEDDED_MODEL="/x.gguf")
    assert said in over(policy, runtime.name)


def test_a_chain_of_one_that_cannot_be_used_says_why() -> None:
    policy = resolved(machine(), Forced(vision="ollama"))
    with pytest.raises(NoBackendError, match=r"Ollama: no server answers at http://localhost:11434.*ollama serve"):
        policy.require_vision()


# ---------------------------------------------------------------- planning, and without the policy


@pytest.mark.parametrize(
    ("runtimes", "values", "planners"),
    [
        ((deepseek(),), KEYS, ["deepseek", "builtin"]),
        ((), {}, ["builtin"]),
        ((lmstudio(WRITER), deepseek()), KEYS, ["deepseek", "lmstudio", "builtin"]),
        ((lmstudio(WRITER),), {**KEYS, "ALLOW_CLOUD": "false"}, ["lmstudio", "builtin"]),
        ((deepseek(state="locked"),), KEYS, ["builtin"]),
        ((ollama(WRITER), lmstudio(WRITER)), {"LOCAL_VISION_PROVIDER": "ollama"}, ["ollama", "lmstudio", "builtin"]),
        ((lmstudio(MOONDREAM),), {}, ["builtin"]),
    ],
)
def test_who_plans(runtimes: tuple[Runtime, ...], values: dict[str, Any], planners: list[str]) -> None:
    policy = resolved(machine(runtimes=runtimes), **values)
    assert [planner.backend for planner in policy.planners] == planners


def test_local_eyes_with_a_remote_planner_send_descriptions_only() -> None:
    policy = resolved(machine(runtimes=(lmstudio(), deepseek())), Forced(force_local=True), **KEYS)
    assert [(leaving.what, leaving.to) for leaving in policy.leaves] == [("descriptions", "api.deepseek.com")]


@pytest.mark.parametrize(
    ("values", "expected", "by"),
    [
        ({}, ["lmstudio", "builtin"], "default"),
        ({"LOCAL_VISION_PROVIDER": "ollama"}, ["ollama", "builtin"], "settings"),
        ({"USE_LOCAL_VISION": "false"}, ["openai", "builtin"], "settings"),
    ],
)
def test_without_the_policy_settings_and_defaults_decide_alone(
    values: dict[str, Any], expected: list[str], by: str
) -> None:
    profile = machine(24, runtimes=tuple(UP.values()))
    policy = ExecutionPolicy.by_settings(profile, settings(**values, **KEYS))
    assert chain(policy) == expected
    assert policy.decisions["vision"].by == by
    assert (policy.max_scenes, policy.decisions["max_scenes"].by) == (10, "default")


def test_deciding_changes_nothing_and_is_the_same_twice() -> None:
    profile = machine(24, runtimes=tuple(UP.values()))
    before = profile.model_dump_json()
    assert resolved(profile, **KEYS) == resolved(profile, **KEYS)
    assert profile.model_dump_json() == before
    assert "sk-" not in resolved(profile, **KEYS).model_dump_json()


# ---------------------------------------------------------------- what was measured feeds max_scenes


def test_a_measured_pace_raises_max_scenes_to_what_three_minutes_hold() -> None:
    policy = resolved(machine(runtimes=(lmstudio(),))).paced(2.4)
    decision = policy.decisions["max_scenes"]
    assert (policy.max_scenes, decision.value, decision.by) == (75, 75, "policy")
    assert decision.why == "measured: 2.4 s a scene, 75 scenes in 3 minutes"


@pytest.mark.parametrize(
    ("seconds", "scenes"), [(30.0, 10), (18.0, 10), (12.5, 10), (12.0, 15), (1.0, 180), (0.0, 180_000)]
)
def test_it_never_lowers_it_and_is_rounded_to_fives(seconds: float, scenes: int) -> None:
    assert resolved(machine(runtimes=(lmstudio(),))).paced(seconds).max_scenes == scenes


@pytest.mark.parametrize(
    "policy",
    [
        resolved(machine(runtimes=(lmstudio(),)), Forced(max_scenes=7)),
        resolved(machine(runtimes=(openai(),)), OPENAI_API_KEY="sk-x"),
        resolved(machine(runtimes=())),
        ExecutionPolicy.by_settings(machine(runtimes=(lmstudio(),)), settings()),
    ],
    ids=["somebody named it", "it costs money", "builtin looks", "no policy"],
)
def test_it_decides_nothing_where(policy: ExecutionPolicy) -> None:
    assert policy.paced(0.1) == policy


def test_a_model_of_ollamas_cloud_is_billed_and_not_paced() -> None:
    cloud = ServedModel(id="big-cloud", sees=True, remote=True)
    policy = resolved(machine(runtimes=(ollama(cloud),)), Forced(vision="ollama", model="big-cloud"))
    assert policy.vision[0].metered
    assert policy.paced(0.1) == policy
