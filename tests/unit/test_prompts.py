"""A prompt is a file that anyone can swap; a wrong one is named with what it needs."""

import hashlib
from pathlib import Path

import pytest

from autocut_director.errors import PromptError
from autocut_director.prompts import BUILTIN, load_prompt

GOOD = '---\npurpose: Test.\nversion: 3\nvariables: [language]\n---\nSay it in {{language}}: {"a": 1}\n'


def own(folder: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    (folder / "describe_scene.md").write_bytes(data)
    return folder


def test_our_own_prompts_load() -> None:
    for path in BUILTIN.glob("*.md"):
        prompt = load_prompt(path.stem)
        assert prompt.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert "{{" not in prompt.render(dict.fromkeys(prompt.variables, "x"))


def test_a_users_file_replaces_ours_and_json_braces_stay(tmp_path: Path) -> None:
    prompt = load_prompt("describe_scene", own(tmp_path, GOOD))
    assert (prompt.version, prompt.path.parent) == ("3", tmp_path)
    assert prompt.render({"language": "{{language}} $& English"}) == 'Say it in {{language}} $& English: {"a": 1}'


def test_a_folder_without_any_prompt_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    with pytest.raises(
        PromptError, match=r"holds no prompt file of ours; put one of these into it: describe_plain\.md, describe_scene"
    ):
        load_prompt("describe_scene", tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no front matter", "has no front matter"),
        ("---\npurpose: x\nversion: 1\n---\ntext", "its front matter lacks variables"),
        ("---\n[]\n---\ntext", "its front matter lacks purpose, version, variables"),
        ("---\npurpose: [x\n---\ntext", "its front matter is not YAML"),
        ("---\npurpose: x\nversion: 1\nvariables: language\n---\n{{language}}", "variables must be a list"),
        (GOOD.replace("{{language}}", "{{lang}}"), "uses lang but does not declare it"),
        (GOOD.replace("{{language}}", "English"), "declares language but does not use it"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(PromptError, match=said) as refused:
        load_prompt("describe_scene", own(tmp_path, content))
    assert "describe_scene.md" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="There is no prompts folder"):
        load_prompt("describe_scene", tmp_path / "none")


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(PromptError, match=r"needs language; given: tongue"):
        load_prompt("describe_scene").render({"tongue": "English"})
