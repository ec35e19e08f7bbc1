"""Storyboards made without a film: a plain one, and one on which every text from outside is hostile."""

from fractions import Fraction

import numpy as np
from documents import described

from autocut_director.agent.planner import build_planner
from autocut_director.tools.frames import Frame, to_jpeg
from autocut_director.tools.storyboard import Earlier, Storyboard
from autocut_director.tools.timeline import Adjustment, Clip, PlannedBy, PlanRequest, SceneDescription

EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(2)>\"' {{ 7*7 }} & <b>"
STILL = to_jpeg(np.full((288, 512, 3), 90, np.uint8))


def stills(scene_id: str, count: int) -> list[Frame]:
    return [Frame(scene_id, number, STILL, 512, 288, None) for number in range(count)]


def board(language: str = "en", rate: Fraction = Fraction(25), **changes: object) -> Storyboard:
    document = described([50] * 6, rate)
    plan = build_planner().invoke(PlanRequest(document=document, duration_seconds=5, language=language))
    pictures = {scene.scene_id: stills(scene.scene_id, 3) for scene in document.scenes[1:]}
    return Storyboard(**{"document": document, "plan": plan, "pictures": pictures, "language": language, **changes})


def hostile(text: str) -> Storyboard:
    """A revision's page on which every text from outside is `text`."""
    shown = board()
    evil = SceneDescription(
        summary=text, subjects=[text], action=text, mood=text, lighting=text, analyzed_by=text, model=text
    )
    ids = {scene.scene_id: f"{text}{n}" for n, scene in enumerate(shown.document.scenes)}
    scenes = tuple(
        scene.model_copy(
            update={
                "scene_id": ids[scene.scene_id],
                "visual": evil,
                "same_as": text,
                "signals": scene.signals.model_copy(update={"text": text}),
            }
        )
        for scene in shown.document.scenes
    )
    media = shown.document.media.model_copy(update={"primary_clip_path": f"/films/{text}"})
    clips = tuple(
        clip.model_copy(update={"scene_id": ids[clip.scene_id], "reason": text, "overlay_text": text})
        for clip in shown.plan.clips
    )
    adjusted = Adjustment(clip=1, rule=text, before=(text,), after=(text,))
    texts = {"title": text, "logline": text, "assumptions": (text,), "adjustments": (adjusted,)}
    plan = shown.plan.model_copy(
        update={**texts, "clips": clips, "dropped": (), "planned_by": PlannedBy(planner=text, model=text)}
    )
    earlier = plan.model_copy(update={"clips": clips[:-1]})
    return Storyboard(
        document=shown.document.model_copy(update={"scenes": scenes, "media": media}),
        plan=plan,
        pictures={ids[scene_id]: frames for scene_id, frames in shown.pictures.items()},
        warnings=[text],
        causes=dict.fromkeys(ids.values(), text),
        film=text,
        earlier=Earlier(earlier, text, page=text, film=text),
    )


def long_board(*, scenes: int, clips: int) -> Storyboard:
    """The page of a long film, every few scenes of which are in the edit."""
    document = described([50] * scenes)
    used = document.scenes[:: scenes // clips][:clips]
    plan = board().plan.model_copy(
        update={
            "media": document.media,
            "dropped": (),
            "clips": tuple(
                Clip(
                    order=n,
                    scene_id=scene.scene_id,
                    in_frame=scene.start_frame,
                    out_frame=scene.end_frame,
                    purpose="body",
                )
                for n, scene in enumerate(used, start=1)
            ),
        }
    )
    return Storyboard(document, plan, {scene.scene_id: stills(scene.scene_id, 3) for scene in document.scenes})
