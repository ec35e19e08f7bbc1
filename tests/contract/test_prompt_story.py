"""A prompt writer's story, as the README tells it: copy, edit one line, run, see the change and its hash."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from servers import planners
from servers.loopback import Seen
from servers.models import Model
from servers.openai_like import Server, serving
from servers.planners import obedient

README = Path(__file__).parents[2] / "README.md"
KEY = "sk-made-up"


def follows_orders(seen: Seen) -> str:
    """A planner that does what its prompt says about reasons."""
    edit = json.loads(obedient(seen))
    if "Every reason begins with Because." in planners.asked(seen):
        for clip in edit["clips"]:
            clip["reason"] = f"Because {clip['reason']}"
    return json.dumps(edit)


def told() -> list[str]:
    """The commands of the story, from the README's own section."""
    section = README.read_text(encoding="utf-8").partition("## Prompts")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


def run(line: str, folder: Path, **environment: str) -> None:
    program, *arguments = shlex.split(line)
    assert program == "autocut-director"
    command = [sys.executable, "-m", "autocut_director", *arguments]
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_the_story_is_as_the_readme_tells_it(film: Path, tmp_path: Path) -> None:
    shutil.copy(film, tmp_path / "holiday.mp4")
    copy, check, direct = told()
    run(copy, tmp_path)
    prompt = tmp_path / "mine/plan_edit.md"
    prompt.write_text(prompt.read_text(encoding="utf-8") + "\nEvery reason begins with Because.\n", encoding="utf-8")
    run(check, tmp_path)
    models = (Model("deepseek-flash", sees=False),)
    with serving(Server(follows_orders, token=KEY, models=models, dialect="deepseek")) as server:
        run(direct, tmp_path, DEEPSEEK_API_KEY=KEY, DEEPSEEK_BASE_URL=server.url)
    plan = json.loads((tmp_path / "cut/plan.json").read_text(encoding="utf-8"))
    assert plan["clips"]
    assert all(clip["reason"].startswith("Because ") for clip in plan["clips"])
    assert "Because " in (tmp_path / "cut/storyboard.html").read_text(encoding="utf-8")
    used = {
        each["name"]: each for each in json.loads((tmp_path / "cut/run.json").read_text(encoding="utf-8"))["prompts"]
    }
    assert used["plan_edit"]["sha256"] == hashlib.sha256(prompt.read_bytes()).hexdigest()
    assert used["plan_edit"]["path"].startswith("mine")
