"""A trial: one small made picture is described by policy, over the same way that a film's scenes go."""

import cv2
import numpy as np

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import NAMES
from autocut_director.agent.router import build_vision_router
from autocut_director.agent.settings import Settings
from autocut_director.errors import BackendError
from autocut_director.tools.describe import describe_scenes
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.timeline import Scene

_SIDE = 160  # pixels: enough for any model, cheap to send
_SHOWN = 100  # characters of what was said


def described_trial(settings: Settings, policy: ExecutionPolicy) -> str:
    """Have the trial picture described; say by whom, on which rung, with how many tokens, and what was said.

    Raises:
        BackendError: Nobody in the policy's chain could.
    """
    (look,) = describe_scenes(build_vision_router(settings, policy=policy), [trial_shot()])
    if look.description is None:
        raise BackendError(look.error or "no description came")
    who = next(route for route in policy.vision if route.backend == look.description.analyzed_by)
    tokens = f"{look.input_tokens} + {look.output_tokens} tokens"
    return f"{NAMES[who.backend]}, {who.model}, rung {look.rung}, {tokens}: {look.description.summary[:_SHOWN]}"


def trial_shot() -> SceneFrames:
    """Return a scene of one still: a red disc on blue."""
    image = np.full((_SIDE, _SIDE, 3), (160, 60, 20), np.uint8)
    cv2.circle(image, (_SIDE // 2, _SIDE // 2), _SIDE // 3, (40, 40, 220), -1)
    scene = Scene(scene_id="trial", start_frame=0, end_frame=1)
    return SceneFrames(scene, (Frame("trial", 0, to_jpeg(image), _SIDE, _SIDE, None),))
