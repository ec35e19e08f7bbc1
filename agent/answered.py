"""What a backend answered before: found again by all that its answer depends on, and by nothing else.

Its answer does not depend on where it was asked, with which key, or how long was waited. The pictures themselves stand
for their film, the scene's span and how its stills are taken: a store finds those by just that.
"""

from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import TypeAdapter

from autocut_director.agent.backends.registry import options_of
from autocut_director.agent.policy.routes import VisionRoute
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.contact import CONTACT, needs_contact
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import Answer, Wording
from autocut_director.tools.store import NO_STORE, Entry, Key, Store, found

_ANSWER = TypeAdapter(Answer)
_READING = "answers.1"  # how pictures are put into a question and an answer is read; another name asks anew


class Answered:
    """The answers of one route, in the store.

    Builtin's are not kept: they take hundredths of a second, and what it measures may change with the program.
    """

    def __init__(self, store: Store, route: VisionRoute, model: BaseChatModel, wording: Wording) -> None:
        self._store = NO_STORE if route.backend == "builtin" else store
        self._images, self._contact = route.images, [CONTACT, wording.contact.text]
        self._question: dict[str, Any] = {
            "reading": _READING,
            "backend": route.backend,
            "model": route.model,
            "build": route.build or route.url,
            "options": options_of(model),
            "prompt": [wording.json, wording.plain, wording.repair.text],
            "schema": answer_schema(),
        }

    def find(self, shot: SceneFrames) -> Answer | None:
        """Return what was answered to these very pictures."""
        return found(self._store, self._key(shot), _ANSWER)

    def keep(self, shot: SceneFrames, answer: Answer) -> None:
        """Keep an answer."""
        self._store.keep(self._key(shot), Entry(_ANSWER.dump_python(answer, mode="json")))

    def _key(self, shot: SceneFrames) -> Key:
        pictures = [frame.digest for frame in shot.frames]
        as_one: dict[str, Any] = {"contact": self._contact} if needs_contact(len(pictures), self._images) else {}
        return Key.of("description", pictures=pictures, **as_one, **self._question)
