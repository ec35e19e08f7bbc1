"""What is shipped, and what loading it costs."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import autocut_director

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = {"autocut_director": "autocut_director", "autocut_director.agent": "agent"}
FOLDERS |= {"autocut_director.prompts": "prompts", "autocut_director.tools": "tools"}


def test_every_folder_with_code_is_a_package_that_is_shipped() -> None:
    """A sub-package that is missing from the list vanishes from the wheel without a word."""
    shipped = set(PROJECT["tool"]["setuptools"]["packages"])
    found = {"autocut_director"}
    for folder in ("agent", "tools", "prompts"):
        for code in (ROOT / folder).rglob("*.py"):
            found.add(".".join(["autocut_director", *code.parent.relative_to(ROOT).parts]))
    assert shipped == found
    assert PROJECT["tool"]["setuptools"]["package-dir"] == FOLDERS


def test_the_public_door() -> None:
    assert all(getattr(autocut_director, name) is not None for name in autocut_director.__all__)


def test_each_room_opens_what_it_names() -> None:
    from autocut_director import agent, tools

    for room in (agent, tools):
        assert all(getattr(room, name) is not None for name in room.__all__)


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(said.split())


HEAVY = {"langchain", "langchain_core", "starlette", "pydantic", "cv2", "moviepy", "av", "numpy", "opentimelineio"}


@pytest.mark.parametrize(
    "code",
    ["import autocut_director", "import autocut_director.__main__ as m; assert m.run(['--help']) == 0"],
)
def test_the_door_and_the_help_load_nothing_heavy(code: str) -> None:
    assert not loaded_by(code) & HEAVY


def test_a_run_without_a_model_server_loads_no_client_for_one(film: Path) -> None:
    direct = f"build_director().invoke({{'video': {str(film)!r}, 'vision': 'builtin', 'planner': 'builtin'}})"
    assert not loaded_by(f"from autocut_director import build_director; {direct}") & {"openai", "ollama"}
