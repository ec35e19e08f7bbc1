"""One piece of work asked to stop, from another thread, while others go on."""

import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import films
import pytest

from autocut_director.errors import RenderError
from autocut_director.interrupts import Stop, Stopped, ending, stop_if_asked, stoppable
from autocut_director.tools.film import ffmpeg
from autocut_director.tools.probe import probe_video
from autocut_director.tools.scenes import detect_scenes


def test_only_the_work_that_was_asked_stops() -> None:
    stop, other = Stop(), Stop()
    stop.ask()
    stop_if_asked()
    with stoppable(other):
        stop_if_asked()
        with pytest.raises(Stopped), stoppable(stop):
            stop_if_asked()
        stop_if_asked()


def test_a_thread_with_the_works_context_is_part_of_it() -> None:
    stop = Stop()
    stop.ask()
    with stoppable(stop), ThreadPoolExecutor() as pool:
        assert isinstance(pool.submit(contextvars.copy_context().run, stop_if_asked).exception(), Stopped)
        assert pool.submit(stop_if_asked).exception() is None


def test_what_cannot_ask_is_ended() -> None:
    ended: list[str] = []
    stop = Stop()
    with stoppable(stop), ending(lambda: ended.append("before")):
        pass
    with pytest.raises(Stopped), stoppable(stop), ending(lambda: ended.append("meanwhile")):
        stop.ask()
    with pytest.raises(Stopped), stoppable(stop), ending(lambda: ended.append("late")):
        pass
    assert ended == ["meanwhile", "late"]


def test_without_a_stop_nothing_is_ended() -> None:
    ended: list[str] = []
    with ending(lambda: ended.append("never")):
        pass
    assert ended == []


ENDLESS = ["-re", "-f", "lavfi", "-i", "color=s=64x64", "-f", "null", "-"]


@pytest.mark.parametrize("how", ["run", "output_of"])
def test_an_ffmpeg_that_would_go_on_for_ever_is_ended(tmp_path: Path, how: str) -> None:
    """And no failure of ffmpeg is told: nothing failed."""
    stop, started = Stop(), time.monotonic()
    timer = threading.Timer(0.5, stop.ask)
    timer.start()
    with pytest.raises(Stopped), stoppable(stop):
        if how == "run":
            ffmpeg.run(ENDLESS, folder=tmp_path, out=tmp_path / "film.mp4")
        else:
            ffmpeg.output_of(ENDLESS, folder=tmp_path)
    timer.join()
    assert time.monotonic() - started < 10


def test_an_ffmpeg_that_fails_by_itself_is_still_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RenderError), stoppable(Stop()):
        ffmpeg.run(["-i", "none.mp4", "out.mp4"], folder=tmp_path, out=tmp_path / "out.mp4")


def test_decoding_stops_though_nobody_asks_for_progress(film: Path) -> None:
    footage, stop = probe_video(film), Stop()
    stop.ask()
    with pytest.raises(Stopped), stoppable(stop):
        detect_scenes(footage)
    assert films.numbers_in(film)  # the film is closed, and can be read again
