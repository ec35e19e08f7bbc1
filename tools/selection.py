"""Which scenes are looked at when not all are: those that cover the film, in time and in what is to be seen.

In each equal share of the film's time one is chosen, as soon as the share has gone by: of those that look like none
chosen before, the one least like them, so that a model can look while the film is still being read. At the end, shares
that brought nothing new are made up for, and scenes that look like a chosen one share its description.

A scene's fingerprint is, of each still, its colours and its detail. Colours: 8 × 8 cells of L*a*b*, where equal steps
look about equally far apart (CIE 1976); distances are in that unit, of which 2.3 is the least that people notice (Mahy
et al. 1994). Detail: the luma less its surroundings, which tells one title on white from another.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.pictures import Image
from autocut_director.tools.signals import decode_picture

_CELLS = 8
_SAME_MEAN, _SAME_CELL = 4.0, 16.0  # the pictures' colours as a whole, and their most different cell
_DETAIL = (64, 36)  # pixels: a line of text is still a line of text
_SURROUNDINGS = 4.0  # pixels: standard deviation of the blur that is taken off
_SAME_DETAIL = 0.7  # correlation; seen: shots of one set-up 0.84 and more, unlike titles on white 0.53 and less
_NO_COLOURS: NDArray[np.float32] = np.zeros((0, _CELLS * _CELLS, 3), np.float32)
_NOISE = 4.0  # 8-bit levels squared: less detail than this is none


@dataclass(frozen=True)
class Fingerprint:
    """How a scene's stills look. `colours`: (stills, cells, 3), L*, a*, b*. `detail`: (stills, pixels), luma levels."""

    colours: NDArray[np.float32]
    detail: NDArray[np.float32]

    @cached_property
    def mean(self) -> NDArray[np.float32]:
        """The mean colours of the stills, (cells, 3)."""
        return self.colours.mean(axis=0) if len(self.colours) else np.zeros((_CELLS * _CELLS, 3), np.float32)

    @property
    def first(self) -> NDArray[np.float32]:
        """The colours of the first still, (cells, 3); far from any where there is none."""
        return self.colours[0] if len(self.colours) else np.full((_CELLS * _CELLS, 3), np.inf, np.float32)


class Choice(Protocol):
    """Chooses scenes to look at while they come in the film's order."""

    def see(self, shot: SceneFrames) -> Sequence[SceneFrames]:
        """Take the next scene; return those that are to be looked at, now that it is known."""
        ...

    def finish(self) -> Sequence[SceneFrames]:
        """Return those that are to be looked at, now that all are known."""
        ...

    @property
    def same_as(self) -> Mapping[str, str]:
        """For each near-duplicate the scene whose description it shares; known when all is chosen."""
        ...


class Everyone:
    """Every scene is looked at."""

    def see(self, shot: SceneFrames) -> Sequence[SceneFrames]:
        """Choose it."""
        return [shot]

    def finish(self) -> Sequence[SceneFrames]:
        """Choose nobody else."""
        return []

    @property
    def same_as(self) -> Mapping[str, str]:
        """Nobody shares."""
        return {}


class OnlyThese:
    """The scenes of certain ids are looked at."""

    def __init__(self, scene_ids: Collection[str]) -> None:
        self._scene_ids = scene_ids

    def see(self, shot: SceneFrames) -> Sequence[SceneFrames]:
        """Choose it if it is one of them."""
        return [shot] if shot.scene.scene_id in self._scene_ids else []

    def finish(self) -> Sequence[SceneFrames]:
        """Choose nobody else."""
        return []

    @property
    def same_as(self) -> Mapping[str, str]:
        """Nobody shares."""
        return {}


class Cover:
    """At most `limit` scenes are looked at; they cover the frames from `start` to `end`."""

    def __init__(self, limit: int, start: int, end: int) -> None:
        self._limit, self._start, self._end = limit, start, end
        self._chosen = _Chosen()
        self._share: list[_Seen] = []  # the scenes of the share of time that goes by
        self._left: list[_Seen] = []  # those of earlier shares that were not chosen
        self._at = 0  # which share that is
        self.same_as: Mapping[str, str] = {}

    def see(self, shot: SceneFrames) -> Sequence[SceneFrames]:
        """Take the next scene; return the one of the share before it, if that has gone by."""
        middle = (shot.scene.start_frame + shot.scene.end_frame) // 2
        share = (middle - self._start) * self._limit // (self._end - self._start)
        chosen = self._close() if share != self._at else []
        self._at = share
        self._share.append(_Seen(shot, fingerprint(shot)))
        return chosen

    def finish(self) -> Sequence[SceneFrames]:
        """Return the last share's scene, and those that make up for shares which brought nothing new."""
        last = self._close()
        if len(self._chosen) + len(self._left) <= self._limit:
            return [*last, *(seen.shot for seen in self._left)]
        more = [seen.shot for seen in self._made_up()]
        twins = ((seen, self._chosen.twin_of(seen.print)) for seen in self._left)
        self.same_as = {seen.scene_id: twin.scene_id for seen, twin in twins if twin is not None}
        return [*last, *more]

    def _close(self) -> list[SceneFrames]:
        best = next(self._chosen.least_like(self._share), None)
        self._left += [seen for seen in self._share if seen is not best]
        self._share = []
        return [] if best is None else [best.shot]

    def _made_up(self) -> Iterator["_Seen"]:
        for best in islice(self._chosen.least_like(self._left), self._limit - len(self._chosen)):
            self._left = [seen for seen in self._left if seen is not best]
            yield best


@dataclass(frozen=True)
class Selection:
    """The scenes to look at, in the film's order, and for each near-duplicate the one whose description it shares."""

    chosen: tuple[SceneFrames, ...]
    same_as: Mapping[str, str]


def choice_of(limit: int, start: int, end: int) -> Choice:
    """Return what chooses at most `limit` scenes (0: all) of the frames from `start` to `end`."""
    return Cover(limit, start, end) if limit else Everyone()


def chosen_of(shots: Iterable[SceneFrames], choice: Choice) -> Iterator[SceneFrames]:
    """Yield those of `shots` that are chosen, each as soon as it is; `choice.same_as` is known when they have ended."""
    for shot in shots:
        yield from choice.see(shot)
    yield from choice.finish()


def select(shots: Sequence[SceneFrames], limit: int) -> Selection:
    """Choose at most `limit` of `shots` (0: all), which are in the film's order, to look at."""
    if not shots:
        return Selection((), {})
    choice = choice_of(limit, shots[0].scene.start_frame, shots[-1].scene.end_frame)
    chosen = sorted(chosen_of(shots, choice), key=lambda shot: shot.scene.start_frame)
    return Selection(tuple(chosen), choice.same_as)


def spread(shots: Sequence[SceneFrames]) -> tuple[SceneFrames, ...]:
    """Return `shots` in an order of which every beginning covers the film.

    Each next one lies in the largest gap: places in the order of their bits reversed (van der Corput's sequence).
    """
    bits = max(1, (len(shots) - 1).bit_length())
    places = sorted(range(2**bits), key=lambda place: f"{place:0{bits}b}"[::-1])
    return tuple(shots[place] for place in places if place < len(shots))


def fingerprint(shot: SceneFrames) -> Fingerprint:
    """Return a scene's fingerprint; one of no stills where none can be decoded."""
    images = [image for frame in shot.frames if (image := decode_picture(frame.jpeg)) is not None]
    colours = np.array([_colours(image) for image in images], np.float32).reshape(len(images), _CELLS * _CELLS, 3)
    detail = np.array([_detail(image) for image in images], np.float32).reshape(len(images), _DETAIL[0] * _DETAIL[1])
    return Fingerprint(colours, detail)


def _colours(image: Image) -> NDArray[np.float32]:
    small = cv2.resize(image, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32, copy=False)


def _detail(image: Image) -> NDArray[np.float32]:
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    small = cv2.resize(luma, _DETAIL, interpolation=cv2.INTER_AREA)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), _SURROUNDINGS), np.float32)


@dataclass(frozen=True, eq=False)
class _Seen:
    """A scene and how it looks."""

    shot: SceneFrames
    print: Fingerprint

    @property
    def scene_id(self) -> str:
        return self.shot.scene.scene_id


class _Chosen:
    """The scenes that were chosen, and what is like them."""

    def __init__(self) -> None:
        self._scenes: list[_Seen] = []
        self._stills = _NO_COLOURS
        self._means = self._stills.mean(axis=1)
        self._owners = np.zeros(0, np.intp)  # of each still: the place of its scene

    def __len__(self) -> int:
        return len(self._scenes)

    def least_like(self, scenes: Sequence[_Seen]) -> Iterator[_Seen]:
        """Choose, again and again, the one of `scenes` that is least like those chosen; of equals the longest.

        Those that look the same as a chosen one are left out.
        """
        fresh = [seen for seen in scenes if self.twin_of(seen.print) is None]
        apart = np.array([self._apart(seen) for seen in fresh])
        while fresh:
            place = max(range(len(fresh)), key=lambda one: (round(float(apart[one]), 1), fresh[one].shot.scene.length))
            best = fresh[place]
            self._add(best)
            yield best
            apart = np.minimum(apart, _distances(best, fresh))
            kept = np.array([seen is not best for seen in fresh]) & ~_twins(best, fresh)
            fresh, apart = [seen for seen, stays in zip(fresh, kept, strict=True) if stays], apart[kept]

    def twin_of(self, mine: Fingerprint) -> _Seen | None:
        """Return the first that looks the same."""
        places = dict.fromkeys(self._owners[_near(mine.colours[:1], self._stills, self._means)].tolist())
        return next((one for one in map(self._scenes.__getitem__, places) if _alike(mine, one.print)), None)

    def _add(self, seen: _Seen) -> None:
        self._owners = np.append(self._owners, np.full(len(seen.print.colours), len(self._scenes), np.intp))
        self._stills = np.concatenate([self._stills, seen.print.colours])
        self._means = self._stills.mean(axis=1)
        self._scenes.append(seen)

    def _apart(self, seen: _Seen) -> float:
        """Return how far a scene is from the one that is most like it."""
        return float(min(_distances(seen, self._scenes), default=np.inf))


def _distances(one: _Seen, others: Sequence[_Seen]) -> NDArray[np.float32]:
    """Return how far apart the mean colours of a scene and of each other are."""
    means = np.array([other.print.mean for other in others], np.float32).reshape(-1, _CELLS * _CELLS, 3)
    return np.asarray(np.abs(means - one.print.mean).mean(axis=(1, 2)), np.float32)


def _twins(one: _Seen, others: Sequence[_Seen]) -> NDArray[np.bool_]:
    """Tell which of the others look the same as a scene; few of them are compared whole."""
    firsts = np.array([other.print.first for other in others], np.float32).reshape(-1, _CELLS * _CELLS, 3)
    means, twins = firsts.mean(axis=1), np.zeros(len(others), bool)
    for still in one.print.colours:
        twins[_near(still[None], firsts, means)] = True
    for place in np.flatnonzero(twins).tolist():
        twins[place] = _alike(one.print, others[place].print)
    return twins


def _near(still: NDArray[np.float32], stills: NDArray[np.float32], means: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the places of the `stills`, (n, cells, 3), that have the colours of `still`, (1, cells, 3).

    `means` are theirs, (n, 3).

    Colours that are `_SAME_MEAN` apart in the mean of their cells are no farther apart in their mean colour, so that
    is compared before the cells are.
    """
    if not len(still):
        return np.zeros(0, np.intp)
    close = np.flatnonzero(np.linalg.norm(means - still.mean(axis=1), axis=1) <= _SAME_MEAN)
    return close[_same_colours(np.linalg.norm(stills[close] - still, axis=2))]


def _alike(a: Fingerprint, b: Fingerprint) -> bool:
    """Tell whether each still of `a` has one in `b` that looks the same, and the other way about."""
    apart = np.linalg.norm(a.colours[:, None] - b.colours[None], axis=3)  # (stills of a, of b, cells)
    same = _same_colours(apart) & (_same_detail(a.detail, b.detail) >= _SAME_DETAIL)
    return bool(same.size and same.any(axis=1).all() and same.any(axis=0).all())


def _same_colours(apart: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which distances, (..., cells), are those of pictures with the same colours."""
    return np.asarray((apart.mean(axis=-1) <= _SAME_MEAN) & (apart.max(axis=-1) <= _SAME_CELL), bool)


def _same_detail(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far the detail of each still of `a` is that of each of `b`, (stills of a, stills of b).

    The correlation over the larger of both energies, so that detail which only one has counts against it.
    """
    noise = _NOISE * a.shape[1]
    energy = np.maximum((a**2).sum(axis=1)[:, None], (b**2).sum(axis=1)[None])
    return np.asarray((a @ b.T + noise) / (energy + noise), np.float32)
