"""Models that plan, as stand-ins play them: they read the footage that they were really sent, and answer from it."""

import json
import re
from collections.abc import Callable
from typing import Any

from servers.loopback import RefusedError, Seen

_ROW = re.compile(r"^([^|\n]+)\|(\d+)\|(\d+)\|([^|\n]*)\|([^|\n]*)\|", re.MULTILINE)
_TARGET = re.compile(r"that is (\d+) frames")
_COUNT = re.compile(r"^Choose (\d+) scenes", re.MULTILINE)
_CHARACTERS_A_TOKEN = 4


def asked(seen: Seen) -> str:
    """All that a planner was asked, as one text."""
    return "\n".join(str(message["content"]) for message in seen.body["messages"])


def rows_of(text: str) -> list[tuple[str, int, int]]:
    """The scenes of the footage table in a question."""
    return [(row[1], int(row[2]), int(row[3])) for row in _ROW.finditer(text)]


def obedient(seen: Seen) -> str:
    """A sound edit: the scenes in the film's order, as much of each as makes up the length; or a shortlist."""
    question = str(seen.body["messages"][0]["content"])
    wanted = _COUNT.search(question)
    if wanted:
        return json.dumps({"scene_ids": [name for name, *_ in rows_of(question)[: int(wanted[1])]]})
    return json.dumps(sound_edit(question))


def sound_edit(question: str) -> dict[str, Any]:
    """The edit that `obedient` answers."""
    rows, target = rows_of(question), int(_TARGET.search(question)[1])
    count = max(1, min(len(rows), target // 25))
    step = len(rows) / count
    chosen = [rows[int(place * step)] for place in range(count)]
    share = target // count
    clips, left = [], target
    for place, (name, start, end) in enumerate(chosen):
        length = min(end - start, share if place < count - 1 else left)
        left -= length
        clips.append(_clip(name, start, start + length, "hook" if place == 0 else "body"))
    return {"title": "By a model", "logline": "", "clips": clips, "dropped": [], "assumptions": []}


def _clip(name: str, start: int, end: int, purpose: str) -> dict[str, Any]:
    words = {"overlay_text": None, "reason": f"{name} serves."}
    return {"scene_id": name, "in_frame": start, "out_frame": end, "purpose": purpose, **words}


def within(context_tokens: int, answer: Callable[[Seen], str]) -> Callable[[Seen], str]:
    """A model that refuses what is longer than its context: the question and the answer that is allowed for."""

    def bounded(seen: Seen) -> str:
        tokens = len(asked(seen)) // _CHARACTERS_A_TOKEN + int(seen.body.get("max_tokens") or 0)
        if tokens > context_tokens:
            raise RefusedError(400, f"request ({tokens} tokens) exceeds the available context size ({context_tokens})")
        return answer(seen)

    return bounded


def in_turn(*answers: Callable[[Seen], str]) -> Callable[[Seen], str]:
    """A model that answers in each of these ways once, then as the last."""
    left = list(answers)

    def answer(seen: Seen) -> str:
        return (left.pop(0) if len(left) > 1 else left[0])(seen)

    return answer


def changed(**changes: Any) -> Callable[[Seen], str]:
    """A sound edit whose clips are all changed so; a callable is given the old value."""

    def answer(seen: Seen) -> str:
        edit = sound_edit(str(seen.body["messages"][0]["content"]))
        for clip in edit["clips"]:
            clip.update({k: v(clip[k]) if callable(v) else v for k, v in changes.items()})
        return json.dumps(edit)

    return answer


def saying(text: str) -> Callable[[Seen], str]:
    """A model that says always the same."""
    return lambda _: text
