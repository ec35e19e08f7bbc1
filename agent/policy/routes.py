"""The vocabulary of the policy: what may be forced, what was decided and by whom, and the routes that can be taken."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, get_args

from pydantic import NonNegativeInt, PositiveInt

from autocut_director.agent.hosts import host_and_port, host_of
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.settings import Settings
from autocut_director.agent.values import Value

Backend = Literal["lmstudio", "ollama", "embedded", "openai", "builtin"]
PlannerBackend = Backend | Literal["deepseek"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)
LOCAL: tuple[Backend, ...] = ("lmstudio", "ollama", "embedded")
By = Literal["forced", "policy", "settings", "default"]


FRAMES = 3
"""Stills of a scene: its beginning, middle and end."""

NAMES = {
    "lmstudio": "LM Studio",
    "ollama": "Ollama",
    "embedded": "the embedded model",
    "openai": "OpenAI",
    "deepseek": "DeepSeek",
    "builtin": "builtin",
}


class Forced(Value):
    """What an argument demands; None and False: nothing."""

    vision: Backend | None = None
    planner: PlannerBackend | None = None
    model: str | None = None
    force_local: bool = False
    force_cloud: bool = False
    max_scenes: NonNegativeInt | None = None
    frames_per_scene: PositiveInt | None = None


class Decision(Value):
    """A value, who decided it, and why."""

    value: str | int | float = ""
    by: By
    why: str


class PassedOver(Value):
    """A backend that is not used, or one of its servers: the bound that failed, and what mends it."""

    backend: PlannerBackend
    bound: str
    mend: str = ""

    def __str__(self) -> str:
        """Say it as one sentence."""
        mend = f" To mend it: {self.mend}." if self.mend else ""
        return f"{NAMES[self.backend]}: {self.bound}.{mend}"


class Leaving(Value):
    """What may leave this machine: `first` is whether it does as a rule, or only when others fail."""

    what: Literal["frames", "descriptions"]
    backend: PlannerBackend
    to: str
    first: bool


class Route(Value):
    """A model that can be asked: at which server, and who chose it, why. Seconds: to connect, and for one answer.

    `context_tokens`: what the model takes in one request, question and answer together; None where nobody knows.
    """

    backend: PlannerBackend
    model: str
    url: str = ""
    remote: bool = False
    context_tokens: int | None = None
    connect_seconds: float = 3.0
    read_seconds: float = 120.0
    model_by: By = "policy"
    model_why: str = ""

    @property
    def host(self) -> str:
        """The host that is asked; "" for this process."""
        return host_of(self.url)

    @property
    def metered(self) -> bool:
        """Whether its provider bills what it is asked; what runs on one's own machines is free."""
        return self.backend in {"openai", "deepseek"}


class VisionRoute(Route):
    """A vision backend that can be asked, and how.

    `build` tells its model from another under the same name; "" where nobody knows.
    `cloud`: the host that the server hands the request on to. `frames`: stills of a scene at most. `images`: pictures
    that one request takes, None for any number; more stills than that are shown as one. `parallel`: requests at once.
    `cold`: its model must be loaded first, which may take `warm_up_seconds`.
    """

    backend: Backend
    build: str = ""
    cloud: str = ""
    cold: bool = False
    parallel: PositiveInt = 1
    parallel_by: By = "policy"
    parallel_why: str = ""
    frames: PositiveInt = FRAMES
    images: PositiveInt | None = None
    warm_up_seconds: float = 300.0  # a model of several GB from a slow disk
    word: str = ""

    @property
    def host(self) -> str:
        """The host that gets the frames; "" for this process."""
        return self.cloud or host_of(self.url)

    @property
    def pictures(self) -> int:
        """Pictures in one request for a scene of `frames` stills."""
        return self.frames if self.images is None or self.frames <= self.images else 1

    @property
    def metered(self) -> bool:
        """Whether its provider bills what it is asked; so does the cloud of a server that hands requests on."""
        return bool(self.cloud) or super().metered


class PlannerRoute(Route):
    """A planner that can be asked, and why it is. `parallel`: requests at once; None: as many as are sent."""

    why: str = ""
    parallel: PositiveInt | None = None


def pools(chain: Iterable[VisionRoute]) -> tuple[tuple[VisionRoute, ...], ...]:
    """Return the routes of a chain that take scenes side by side: those of one backend stand together."""
    return tuple(tuple(routes) for _, routes in groupby(chain, key=lambda route: route.backend))


def named(routes: Sequence[Route]) -> tuple[str, ...]:
    """Return what each route is called; where several are of one kind, with its server."""
    kinds = [route.backend for route in routes]
    several = {kind for kind in kinds if kinds.count(kind) > 1}
    return tuple(
        f"{NAMES[route.backend]} at {host_and_port(route.url)}" if route.backend in several else NAMES[route.backend]
        for route in routes
    )


class Case(Value):
    """All that a decision is made from. Without `by_policy`, settings and defaults decide alone."""

    profile: RuntimeProfile
    settings: Settings
    forced: Forced
    by_policy: bool

    @property
    def policy_or_default(self) -> Literal["policy", "default"]:
        """Who decides what nobody named."""
        return "policy" if self.by_policy else "default"

    @property
    def on_gpu(self) -> bool:
        """Tell whether this machine's models run on a GPU that is worth its name."""
        return self.profile.profile_class in {"LOCAL_GPU_MID", "LOCAL_GPU_HIGH"}

    @property
    def read_seconds(self) -> float:
        """How long a local model may take for one scene: 20 times what slow published runs take."""
        return 60.0 if self.on_gpu else 120.0

    @property
    def frames(self) -> int:
        """Stills of a scene."""
        return self.forced.frames_per_scene or FRAMES

    @property
    def cloud_forbidden(self) -> str:
        """Why frames may not leave this machine; "" when they may."""
        if not self.settings.allow_cloud:
            return "ALLOW_CLOUD=false"
        if self.forced.force_local:
            return "--force-local"
        if self.settings.use_local_vision and not (self.forced.force_cloud or self.forced.vision == "openai"):
            return "USE_LOCAL_VISION=true forbids cloud vision"
        return ""
