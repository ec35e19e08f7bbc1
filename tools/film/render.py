"""The film: a proven plan cut frame for frame, a long one piece by piece, framed, lettered and levelled as wanted.

probe → windows (`framing`) → texts (`lettering`) → pieces (`graph`, by ffmpeg) → joined, levelled → counted
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from autocut_director.errors import RenderError, VideoError
from autocut_director.tools.files import remove_leftovers, replacing, scratch
from autocut_director.tools.film import ffmpeg
from autocut_director.tools.film.drawing import write_script
from autocut_director.tools.film.encoding import FILM, PIECE, pictures, timescale
from autocut_director.tools.film.finish import Finish
from autocut_director.tools.film.framing import windows
from autocut_director.tools.film.graph import SAMPLE_RATE, Canvas, Piece, filter_graph, inputs
from autocut_director.tools.film.lettering import Caption, lettered
from autocut_director.tools.film.loudness import Loudness, measured
from autocut_director.tools.film.script import Place
from autocut_director.tools.film.shapes import Size, Window, even_size, film_size
from autocut_director.tools.film.sound import one_kind
from autocut_director.tools.film.title_card import card_frames, make_card
from autocut_director.tools.plans.rules import check_against_film
from autocut_director.tools.probe import Footage, check_same_film, count_pictures, probe_video
from autocut_director.tools.scenes import Progress
from autocut_director.tools.timeline import EditPlan
from autocut_director.tools.words.cues import joined

_AT_ONCE = 24  # clips a call: each is an input of its own, with a decoder's memory, threads and open file
_AT_ONCE_PIXELS = 24 * 1920 * 1080  # and of large pictures fewer
_MICROSECONDS = 1_000_000  # a second


@dataclass(frozen=True)
class Film:
    """A film that was made: its file, its size in pixels, and what was decided about it.

    `windows`: one a clip, where it was cropped. `missing`: characters that no font here has. `loudness`: as it was
    before it was levelled. `lead_frames`: of the title card.
    """

    path: Path
    size: Size
    windows: tuple[Window, ...] = ()
    missing: str = ""
    loudness: Loudness | None = None
    lead_frames: int = 0


def render_edit(
    plan: EditPlan,
    out: Path,
    *,
    finish: Finish | None = None,
    footage: Footage | None = None,
    progress: Progress | None = None,
) -> Path:
    """Cut the film that `plan` says and write it to `out` (MP4, H.264 and AAC).

    Args:
        plan: A proven plan.
        out: The film's final name; it appears when the film is whole.
        finish: How it is framed, lettered and levelled; by default its overlay texts are set into it.
        footage: The plan's film, if it is already probed.
        progress: Told the frames written and in all.

    Raises:
        VideoError: The plan's film is missing or unreadable.
        DocumentError: The plan is for another video.
        PlanError: The plan's clips do not fit its film.
        OutputError: The film cannot be written there.
        RenderError: ffmpeg failed, or made another film than the plan says.
    """
    return make_film(plan, out, finish=finish, footage=footage, progress=progress).path


def make_film(
    plan: EditPlan,
    out: Path,
    *,
    finish: Finish | None = None,
    footage: Footage | None = None,
    progress: Progress | None = None,
) -> Film:
    """Do as `render_edit`; return what was decided about the film, too."""
    check_against_film(plan)
    footage = footage_of(plan) if footage is None else footage
    finish = finish or Finish()
    with scratch() as folder, replacing(out) as part:
        remove_leftovers(out.parent, of=out.name)
        work = _Work(plan, footage, finish, folder, out, progress)
        film = work.make(part)
        _check_length(part, plan.duration_frames + film.lead_frames)
    return film


def footage_of(plan: EditPlan) -> Footage:
    """Probe the plan's film and make sure that it is the one that the plan was made for.

    Raises:
        VideoError: It is missing or unreadable.
        DocumentError: It is another film.
    """
    footage = probe_video(plan.media.primary_clip_path)
    check_same_film(plan.media, plan.rate, footage, what="The plan")
    return footage


def pieces_of(plan: EditPlan, found: Sequence[Window], size: Size) -> list[Piece]:
    """Return the edit's clips in groups that one ffmpeg call each cuts.

    Samples are counted over the whole film, so that nothing adds up.
    """
    count = max(1, min(_AT_ONCE, _AT_ONCE_PIXELS // (size[0] * size[1])))
    bounds = [0, *accumulate(clip.length for clip in plan.clips)]
    samples = [b - a for a, b in pairwise(round(frame / plan.rate * SAMPLE_RATE) for frame in bounds)]
    return [
        Piece(bounds[n], plan.clips[n : n + count], tuple(samples[n : n + count]), tuple(found[n : n + count]))
        for n in range(0, len(plan.clips), count)
    ]


def captions_of(plan: EditPlan, finish: Finish) -> list[Caption]:
    """Return the texts that are set into the film: overlays where their clips are, subtitles below them."""
    starts = accumulate((clip.length for clip in plan.clips), initial=0)
    place: Place = "upper" if finish.subtitles else "lower"
    overlays = [
        Caption(clip.overlay_text, "overlay", place, start, start + clip.length)
        for clip, start in zip(plan.clips, starts, strict=False)
        if clip.overlay_text and finish.overlays
    ]
    said = [Caption(joined(s.lines), "subtitle", "lower", s.start_frame, s.end_frame) for s in finish.subtitles]
    return [*overlays, *said]


@dataclass(frozen=True)
class _Part:
    """A file to be joined, and how many frames are in it."""

    path: Path
    frames: int


def _list_of(parts: Sequence[_Part], rate: Fraction) -> str:
    """Return `parts` as ffmpeg reads them.

    Each lasts as long as its frames do, to the microsecond: its sound, in whole samples, would shift those after it.
    """
    ends = [round(frames / rate * _MICROSECONDS) for frames in accumulate((part.frames for part in parts), initial=0)]
    lengths = [f"{(end - start) // _MICROSECONDS}.{(end - start) % _MICROSECONDS:06}" for start, end in pairwise(ends)]
    return "".join(f"file '{part.path.name}'\nduration {lasts}\n" for part, lasts in zip(parts, lengths, strict=True))


@dataclass(frozen=True)
class _Work:
    """One film being made: what from, how, where to, and who is told."""

    plan: EditPlan
    footage: Footage
    finish: Finish
    scratch: Path
    out: Path
    progress: Progress | None

    def make(self, part: Path) -> Film:
        """Make the film in `part`."""
        source = even_size(self.footage)
        size = film_size(source, self.plan.target.aspect, self.finish.fit)
        found = windows(self.footage, self.plan.clips, source, size) if self.finish.fit == "crop" else ()
        text = lettered(captions_of(self.plan, self.finish), size, self.scratch)
        sound = one_kind(self.footage, self.plan.clips, self.scratch)
        pieces = [replace(piece, sound=sound) for piece in pieces_of(self.plan, found, source)]
        lead = card_frames(self.plan.rate) if self.finish.title_card else 0
        write_script(text.settings, size, self.scratch)
        canvas = Canvas(size, bool(text.settings))
        if len(pieces) == 1 and not lead and self.finish.loudness is None:
            self._piece(pieces[0], canvas, part, FILM)
            return Film(self.out, size, found, text.missing)
        parts = self._pieces(pieces, canvas)
        card = make_card(self.plan, self.footage, size, self.scratch, like=parts[0].path) if lead else None
        loudness = self._join(parts if card is None else [_Part(card.path, lead), *parts], part)
        missing = text.missing if card is None else "".join(dict.fromkeys(text.missing + card.missing))
        return Film(self.out, size, found, missing, loudness, lead)

    def _pieces(self, pieces: Sequence[Piece], canvas: Canvas) -> list[_Part]:
        """Cut pieces into files of their own."""
        parts = list[_Part]()
        for piece in pieces:
            parts.append(_Part(self.scratch / f"{piece.first_frame}.mov", sum(clip.length for clip in piece.clips)))
            self._piece(piece, canvas, parts[-1].path, PIECE)
        return parts

    def _piece(self, piece: Piece, canvas: Canvas, part: Path, encoding: Sequence[str]) -> None:
        """Cut one piece into `part`. Its graph is read from a file, since it can be long."""
        graph = self.scratch / "graph.txt"
        graph.write_text(filter_graph(piece, self.footage, canvas), encoding="utf-8")
        opened = ["-copyts", *inputs(piece, self.footage), "-/filter_complex", graph.name, "-map", "[v]", "-map", "[a]"]
        written = [*pictures(self.footage.rate), *encoding, f"file:{part.absolute()}"]
        self._run([*opened, *written], piece.first_frame, self.out if encoding is FILM else part)

    def _join(self, parts: Sequence[_Part], part: Path) -> Loudness | None:
        """Join the pieces: their pictures as they are, their sound encoded once, so that no joint can be heard."""
        (self.scratch / "pieces.txt").write_text(_list_of(parts, self.footage.rate), encoding="utf-8")
        opened, target = ["-f", "concat", "-i", "pieces.txt"], self.finish.loudness
        loudness = None if target is None else measured(opened, folder=self.scratch)
        levels = [] if loudness is None or target is None else ["-af", loudness.filters(target)]
        copied = ["-c:v", "copy", "-video_track_timescale", str(timescale(self.footage.rate))]
        self._run([*opened, *copied, *levels, *FILM, f"file:{part.absolute()}"], self.plan.duration_frames, self.out)
        return loudness

    def _run(self, arguments: Sequence[str], done: int, out: Path) -> None:
        frames, progress = self.plan.duration_frames, self.progress

        def told(written: int) -> None:
            if progress is not None:
                progress(min(done + written, frames), frames)

        ffmpeg.run(arguments, folder=self.scratch, out=out, on_frame=told)


def _check_length(film: Path, frames: int) -> None:
    """Count the film's pictures, so that what is handed over is what was planned."""
    try:
        made = count_pictures(film)
    except VideoError as exc:
        raise RenderError(f"ffmpeg made no film: {exc}") from exc
    if made != frames:
        raise RenderError(f"The film has {made} frames, the plan {frames}.")
