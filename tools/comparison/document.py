"""What a comparison is, as `bench.json` keeps it: the scenes, what each model answered and took, and the agreement."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from autocut_director.tools.ladder import RungName
from autocut_director.tools.timeline import ExactFraction, Language, Media, Record, SceneDescription, Signals


class Measured(Record):
    """A figure, and of how many scenes it is; null where they are too few, or all alike."""

    value: float | None = None
    n: NonNegativeInt = 0


class Answer(Record):
    """What one model made of one scene. `first_try`: its first answer was one, in the form that it was asked for."""

    scene_id: str
    visual: SceneDescription | None = None
    seconds: NonNegativeFloat = 0.0
    rung: RungName | None = None
    repaired: bool = False
    first_try: bool = False
    input_tokens: NonNegativeInt = 0
    output_tokens: NonNegativeInt = 0
    cost_usd: NonNegativeFloat | None = None
    error: str | None = None


class Figures(Record):
    """What one model took.

    `first_seconds`: its first scene, with loading the model. `steady_seconds`: the median of the others that it
    described, `fastest_seconds` and `slowest_seconds` their ends; `scenes_per_minute`: with as many at once as it
    takes.
    Tokens are means over the scenes that it was asked about. `cost_usd`: of the comparison; null where nobody knows.
    """

    asked: NonNegativeInt
    answered: NonNegativeInt
    first_try: NonNegativeInt
    first_seconds: float | None = None
    steady_seconds: float | None = None
    fastest_seconds: float | None = None
    slowest_seconds: float | None = None
    scenes_per_minute: float | None = None
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    cost_usd: float | None = None

    @property
    def failed(self) -> int:
        """Scenes that it did not describe."""
        return self.asked - self.answered

    @property
    def cost_of_100(self) -> float | None:
        """US dollars for 100 scenes like these."""
        return None if self.cost_usd is None or not self.asked else 100 * self.cost_usd / self.asked


class Contender(Record):
    """One model: where it is, how it was asked, what it took and said.

    `name` is its own among the comparison's. `frames`: stills of a scene it was shown at most. `parallel`: requests at
    once. `cold`: it had to be loaded. `claims`: rank correlation of its quality scores with what was measured.
    """

    name: str
    backend: str
    model: str
    host: str = Field("", description="Where the frames went; empty for this process.")
    remote: bool = False
    cold: bool = False
    frames: PositiveInt
    parallel: PositiveInt
    figures: Figures
    claims: Measured
    answers: tuple[Answer, ...]

    @property
    def descriptions(self) -> dict[str, SceneDescription]:
        """What it said, by scene."""
        return {answer.scene_id: answer.visual for answer in self.answers if answer.visual is not None}

    @property
    def cause(self) -> str:
        """Why a scene is without a description: the first that is."""
        return next((answer.error for answer in self.answers if answer.error), "")


class Agreement(Record):
    """How far two models agree, over the `scenes` that both described.

    `fields` has a share from 0 to 1 for each field of a description; `overall` is the mean of those that are known.
    `near_shot_type`: the share of sizes that are the same or next to one another. `quality_apart`: mean difference of
    the quality scores, in points; `quality_rank`: their rank correlation.
    """

    one: str
    other: str
    scenes: NonNegativeInt
    fields: dict[str, Measured]
    overall: float | None = None
    near_shot_type: Measured
    quality_apart: Measured
    quality_rank: Measured


class ComparedScene(Record):
    """One scene that all were shown. `measured_quality`: by its signals, 0 to 1; null without stills."""

    scene_id: str
    start_frame: NonNegativeInt
    end_frame: PositiveInt
    start_tc: str = ""
    end_tc: str = ""
    signals: Signals | None = None
    measured_quality: float | None = None


class Absent(Record):
    """A backend or model that took no part: why, and what mends it."""

    backend: str
    bound: str
    mend: str = ""


class Comparison(Record):
    """The whole of it. `found`: scenes of the film, of which those in `scenes` were shown."""

    kind: Annotated[Literal["bench.v1"], Field(alias="schema")] = "bench.v1"
    made_on: datetime
    version: str
    language: Language
    media: Media
    fps_fraction: ExactFraction
    machine: dict[str, Any]
    prompts: tuple[dict[str, Any], ...] = ()
    found: PositiveInt
    scenes: tuple[ComparedScene, ...]
    models: tuple[Contender, ...]
    absent: tuple[Absent, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    warnings: tuple[str, ...] = ()
