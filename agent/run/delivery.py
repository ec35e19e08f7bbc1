"""What a run hands over: written into its folder file by file, each whole or not at all."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from autocut_director.agent.run.account import RunAccount
from autocut_director.agent.run.boards import earlier_run, storyboard_of, write_boards
from autocut_director.agent.run.finishing import film_account, film_warnings, finish_of, finish_warnings
from autocut_director.agent.run.folder import NAMES, Files, remove_stale
from autocut_director.agent.run.stages import Delivered, Proven, grown
from autocut_director.agent.run.step import Teller
from autocut_director.tools.export import in_every_format
from autocut_director.tools.files import to_json, write_text
from autocut_director.tools.film.render import make_film
from autocut_director.tools.frames import frames_of
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import EditPlan, Line, ScenesDocument
from autocut_director.tools.words.captions import vtt_text
from autocut_director.tools.words.subtitles import subtitles, too_fast


def delivered(done: Proven, folder: Path, teller: Teller) -> Delivered:
    """Write all but the account into `folder`.

    Raises:
        OutputError: Something cannot be written there.
        RenderError: ffmpeg failed.
    """
    request = done.request
    files = write_documents(folder, done.document, done.plan, request.earlier)
    files |= write_transcript(folder, done.transcript, done.plan.rate)
    account = done.account
    if not request.no_render:
        files["cut"] = folder / NAMES["cut"]
        account = _filmed(done, files["cut"], teller)
    warnings = _hurried(done)
    teller.warn(warnings)
    account = account.with_warning(*warnings)
    earlier = earlier_run(folder, request.earlier, request.change)
    shots = frames_of(done.footage, done.document.scenes, per_scene=done.eyes.frames_per_scene, store=done.store)
    board = storyboard_of(done.document, done.plan, account, shots, earlier=earlier)
    files |= write_boards(folder, board)
    timelines, left_out = write_timelines(folder, done, lead_frames=account.lead_frames)
    files |= timelines
    remove_stale(folder, done.earlier, files)
    files["run"] = folder / NAMES["run"]
    names = {kind: path.name for kind, path in files.items()}
    return grown(done, Delivered, account=account.noting(status="done", files=names, left_out=left_out), files=files)


def _filmed(done: Proven, out: Path, teller: Teller) -> RunAccount:
    """Make the film in `out`; return the account with what was decided about it."""
    finish = finish_of(done.request, done.plan, done.transcript)
    film = make_film(done.plan, out, finish=finish, footage=done.footage, progress=teller.progress())
    warnings = (*finish_warnings(done.request, finish, done.language), *film_warnings(film, done.language))
    teller.warn(warnings)
    return done.account.noting(film=film_account(film)).with_warning(*warnings)


def _hurried(done: Proven) -> tuple[str, ...]:
    """Say how many subtitles are gone before they can be read."""
    shown = subtitles(done.plan, done.transcript)
    fast = too_fast(shown, done.plan.rate)
    return (say(done.language, "hurried", count=fast, total=len(shown)),) if fast else ()


def write_documents(folder: Path, document: ScenesDocument, plan: EditPlan, earlier: EditPlan | None) -> Files:
    """Write the scenes, the plan, and the plan that it changes, if any, into `folder`; return the files by kind."""
    records = {"scenes": document, "plan": plan, **({} if earlier is None else {"earlier": earlier})}
    files = {kind: folder / NAMES[kind] for kind in records}
    for kind, record in records.items():
        write_text(files[kind], to_json(record))
    return files


def write_transcript(folder: Path, lines: Sequence[Line], rate: Fraction) -> Files:
    """Write what is said in the film into `folder`, so that nobody need listen again; return the file by its kind."""
    if not lines:
        return {}
    path = folder / NAMES["transcript"]
    write_text(path, vtt_text(lines, rate))
    return {"transcript": path}


def write_timelines(folder: Path, done: Proven, *, lead_frames: int) -> tuple[Files, dict[str, str]]:
    """Write the edit in every format that can hold it; return the files, and why the others cannot, both by format.

    Subtitles are among them where it is known what is said; they begin after the `lead_frames` of the card.
    """
    seen = done.document.descriptions
    texts, left_out = in_every_format(done.plan, done.transcript, lead_frames=lead_frames, seen=seen)
    files = {kind: folder / NAMES[kind] for kind in texts}
    for kind, text in texts.items():
        write_text(files[kind], text)
    return files, left_out
