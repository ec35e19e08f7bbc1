"""Files come whole or not at all; documents that are wrong say so in one line."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from documents import described

from autocut_director.errors import DocumentError, OutputError
from autocut_director.tools.files import (
    check_new_file,
    is_leftover,
    read_plan,
    read_scenes,
    remove_leftovers,
    replacing,
    scratch,
    to_json,
    write_text,
)


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a b 场.json"
    with replacing(target) as part:
        part.write_text("half")
        assert not target.exists()
        assert is_leftover(part)
    assert target.read_text() == "half"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(target) as part:
        part.write_text("new")
        raise ZeroDivisionError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A process that may write no more than 4 KiB to a file stands for the disk."""
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from autocut_director.tools.files import write_text\n"
        "write_text(Path(sys.argv[1]), 'x' * 100_000)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "plan.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "OutputError: No space left for" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_the_dead_are_removed_and_of_the_living_kept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".cut.mp4.{dead.pid}.part.mp4").touch()
    alive = tmp_path / f".cut.mp4.{os.getpid()}.part.mp4"
    alive.touch()
    (tmp_path / "notes.part").touch()
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([alive, tmp_path / "notes.part"])


def test_the_scratch_of_runs_killed_long_ago_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    old, new, alive = (
        tmp_path / f"autocut-{pid}" for pid in (f"{dead.pid}-old", f"{dead.pid}-new", f"{os.getpid()}-x")
    )
    for folder in (old, new, alive):
        folder.mkdir()
        (folder / "0.mov").touch()
    for folder in (old, alive):
        os.utime(folder, (0, 0))
    with scratch() as mine:
        assert sorted(tmp_path.iterdir()) == sorted([new, alive, mine])
    assert sorted(tmp_path.iterdir()) == sorted([new, alive])


def test_a_relative_media_path_is_taken_from_the_file(tmp_path: Path) -> None:
    document = described([50, 50])
    media = document.media.model_copy(update={"primary_clip_path": "footage/a.mp4"})
    write_text(tmp_path / "scenes.json", to_json(document.model_copy(update={"media": media})))
    assert read_scenes(tmp_path / "scenes.json").media.primary_clip_path == str(tmp_path / "footage/a.mp4")


def scenes_json(**changes: object) -> str:
    data = json.loads(to_json(described([50, 50])))
    return json.dumps({**data, **changes})


MEDIA = {"primary_clip_path": "a.mp4", "duration_frames": 100, "width": 640, "height": 360, "has_audio": True}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff\xfe\xff", "is not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON"),
        ('{"a": "\\ud800"}', "is not JSON"),
        (scenes_json(meta={"schema": "scenes.v1", "fps": 25, "fps_fraction": "1e400"}), "is no frame rate"),
        (scenes_json(media={**MEDIA, "primary_clip_path": "a\0b"}), "media.primary_clip_path"),
        (scenes_json(media={**MEDIA, "duration_frames": 10**30}), "media.duration_frames"),
        (scenes_json(media={**MEDIA, "damaged_frames": "lots"}), "media.damaged_frames"),
        ("[]", "is no scenes.v1 file"),
        ("{}", "its meta.schema is None, not 'scenes.v1'"),
        ('{"meta": {"schema": "scenes.v9"}}', "its meta.schema is 'scenes.v9', not 'scenes.v1'"),
        (scenes_json(scenes=[]), "holds no scenes"),
        (scenes_json(scenes="all"), "scenes: Input should be a valid tuple"),
        (scenes_json(media={}), "media.primary_clip_path: Field required"),
        (
            scenes_json(meta={"schema": "scenes.v1", "fps": 0}),
            "0 is no frame rate; it must lie between 1/100 and 10000",
        ),
        (scenes_json(meta={"schema": "scenes.v1", "fps": 25, "fps_fraction": "25/0"}), "'25/0' is no number"),
    ],
)
def test_a_wrong_document_is_named_in_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = tmp_path / "scenes.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DocumentError) as refused:
        read_scenes(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_scenes_file_is_no_plan(tmp_path: Path) -> None:
    write_text(tmp_path / "scenes.json", scenes_json())
    with pytest.raises(DocumentError, match=r"is no edit_plan\.v1 file"):
        read_plan(tmp_path / "scenes.json")
    with pytest.raises(DocumentError, match=r"Cannot read .*: No such file"):
        read_plan(tmp_path / "none.json")


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    there = tmp_path / "a.json"
    there.touch()
    with pytest.raises(OutputError, match="is there already; choose another name, or add --overwrite"):
        check_new_file(there, overwrite=False)
    check_new_file(there, overwrite=True)
    with pytest.raises(OutputError, match="is one of the sources"):
        check_new_file(there, overwrite=True, sources=[tmp_path, there])
    with pytest.raises(OutputError, match="is a device, not a file"):
        check_new_file(Path(os.devnull), overwrite=True)
    with pytest.raises(OutputError, match="is too long"):
        check_new_file(tmp_path / ("a" * 300), overwrite=True)
    with pytest.raises(OutputError, match="is a folder"):
        check_new_file(tmp_path, overwrite=True)
    with pytest.raises(OutputError, match="There is no folder"):
        check_new_file(tmp_path / "none" / "a.json", overwrite=True)
