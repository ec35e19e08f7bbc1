"""A prompt is a file that anyone can swap; a wrong one is named with what it needs."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autocut_director.errors import AutoCutError, OutputError, PromptError
from autocut_director.prompts import BUILTIN, builtin_files, load_prompt, prompt_names, style_names
from autocut_director.prompts.checking import check_builtin, check_folder
from autocut_director.prompts_cli import app

GOOD = '---\npurpose: Test.\nversion: 3\nvariables: [language]\n---\nSay it in {{language}}: {"a": 1}\n'
STYLE = "---\npurpose: Weddings.\nversion: 1\nvariables: []\n---\nSlow, and close to the faces.\n"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows makes no links and no pipes for everybody")


def own(folder: Path, content: str | bytes = GOOD, name: str = "describe_scene.md") -> Path:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder


def body(text: str) -> str:
    return f"---\npurpose: Test.\nversion: 3\nvariables: [language]\n---\n{{{{language}}}}\n{text}\n"


# ---------------------------------------------------------------- loading


def test_our_own_prompts_load() -> None:
    assert {"describe_scene", "describe_plain", "repair_description"} <= set(prompt_names())
    for name in prompt_names():
        prompt = load_prompt(name)
        assert prompt.path == BUILTIN / f"{name}.md"
        assert prompt.sha256 == hashlib.sha256(prompt.path.read_bytes()).hexdigest()
        assert "{{" not in prompt.render(dict.fromkeys(prompt.variables, "x"))


def test_a_users_file_replaces_ours_and_json_braces_stay(tmp_path: Path) -> None:
    prompt = load_prompt("describe_scene", own(tmp_path))
    assert (prompt.version, prompt.path.parent) == ("3", tmp_path)
    assert prompt.render({"language": "{{language}} $& English"}) == 'Say it in {{language}} $& English: {"a": 1}'
    assert load_prompt("describe_plain", tmp_path).path.parent == BUILTIN


@pytest.mark.parametrize("text", ['{"a": {"b": {{language}}}}', '{"a":{"b":{"c":1}}}', "{{ language }}", "{language}"])
def test_json_beside_a_placeholder_stays_json(tmp_path: Path, text: str) -> None:
    prompt = load_prompt("describe_scene", own(tmp_path, body(text)))
    assert prompt.render({"language": "0"}).endswith(text.replace("{{language}}", "0").replace("{{ language }}", "0"))


@pytest.mark.parametrize("folder", ['my "own" prompts', "it's", "提示词 文件夹", "."])
def test_folders_have_names_of_all_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    if sys.platform == "win32":
        folder = folder.replace('"', "")
    monkeypatch.chdir(tmp_path)
    own(Path(folder))
    assert load_prompt("describe_scene", Path(folder)).version == "3"
    assert load_prompt("describe_plain", Path(folder)).version == "1"


def test_how_a_file_was_saved_changes_nothing_of_its_text(tmp_path: Path) -> None:
    plain = load_prompt("describe_scene", own(tmp_path, GOOD + "第二行\n")).text
    for saved in (
        b"\xef\xbb\xbf" + (GOOD + "第二行\n").encode(),
        (GOOD + "第二行\n").replace("\n", "\r\n").encode(),
        (GOOD + "第二行\n").replace("---\n", "--- \t\n").encode(),
        ("\n" + GOOD + "第二行\n\n\n").encode(),
    ):
        prompt = load_prompt("describe_scene", own(tmp_path, saved))
        assert prompt.text == plain
        assert prompt.sha256 == hashlib.sha256(saved).hexdigest()


def test_a_version_stays_as_it_was_written(tmp_path: Path) -> None:
    assert load_prompt("describe_scene", own(tmp_path, GOOD.replace("3", "1.10"))).version == "1.10"
    assert load_prompt("describe_scene", own(tmp_path, GOOD.replace("3", "2026-11-25"))).version == "2026-11-25"


def test_a_variable_may_be_left_out_and_its_value_is_not_used(tmp_path: Path) -> None:
    content = GOOD.replace("[language]", "[]").replace("{{language}}", "French")
    assert (
        load_prompt("describe_scene", own(tmp_path, content)).render({"language": "x"}) == 'Say it in French: {"a": 1}'
    )
    assert load_prompt("describe_scene", own(tmp_path, content.replace("[]", ""))).variables == ()


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("no front matter", "has no front matter; it must open with a line ---"),
        ("---\npurpose: x\nversion: 1\nvariables: []\ntext", "has no front matter"),
        ("---\npurpose: x\nversion: 1\nvariables: []\n---\n  \n", "has no text below"),
        ("---\npurpose: x\nversion: 1\nvariables: []\n---", "has no text below"),
        ("---\npurpose: x\nversion: 1\n---\ntext", "its front matter lacks variables"),
        ("---\npurpose：x\nversion: 1\nvariables: []\n---\ntext", "its front matter is not YAML"),
        ("---\npurpose：x\n---\ntext", "lacks purpose, version, variables; write purpose: with a plain colon"),
        ("---\n[]\n---\ntext", "its front matter lacks purpose, version, variables"),
        ("---\n---\ntext", "its front matter lacks purpose, version, variables"),
        ("---\npurpose: [x\n---\ntext", r"its front matter is not YAML: .* \(line 3\)"),
        (f"---\npurpose: {'[' * 5000}\n---\ntext", "its front matter is not YAML"),
        (
            "---\npurpose: a: b\nversion: 1\nvariables: []\n---\ntext",
            r"\(line 2\); .* in double quotes if it has a colon",
        ),
        ("---\npurpose:\nversion: 1\nvariables: []\n---\ntext", "purpose must be a few words"),
        ("---\npurpose: x\nversion: [1]\nvariables: []\n---\ntext", "version must be a few words"),
        ("---\npurpose: x\nversion: 1\nvariables: language\n---\n{{language}}", "variables must be a list"),
        ("---\npurpose: x\nversion: 1\nvariables: [[language]]\n---\n{{language}}", "variables must be a list"),
        (GOOD.replace("{{language}}", "{{lang}}"), r"asks for \{\{lang\}\}, which nobody gives a value; .*language"),
        (GOOD.replace("language", "mood"), r"asks for \{\{mood\}\}, which nobody gives"),
        (GOOD.replace("[language]", "[]"), r"uses \{\{language\}\} but does not declare it; add language"),
        (GOOD.replace("{{language}}", "{language}"), r"declares language but does not use it; write \{\{language\}\}"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (GOOD.replace("Test.", "测试").encode("gbk"), r"is not UTF-8 text \(line 2\); .* UTF-8"),
        (GOOD.encode("utf-16"), "is not UTF-8 text"),
        (GOOD + "x" * (1 << 20), "a prompt has no more than 1048576"),
        (body("{{#language}}x{{/language}}"), r"line 7: \{\{#language\}\} is a section; .* write the words for every"),
        (body("{{^language}}x"), "is a section"),
        (body("{{/language}}"), "is the end of a section"),
        (body("{{> footer}}"), "is a partial; put the other file's text here"),
        (body("{{{language}}}"), r"\{\{\{language\}\}\} is a triple mustache; .* write \{\{name\}\}"),
        (body('{"a":{{{language}}}}'), "is a triple mustache; .* a space"),
        (body("{{& language}}"), "is an unescaped variable; .* write"),
        (body("{{! a remark }}"), "is a comment; put remarks into the front matter"),
        (body("{{=<% %>=}}"), "is a change of delimiters"),
        (body('{{"a": 1}}'), r'\{\{"a": 1\}\} is no placeholder; .* single braces'),
        (body("{{language"), r"\{\{language is no placeholder"),
        (body("{{language}"), "is no placeholder"),
        (body("{{scene-id}}"), "is no placeholder"),
        (body("{{}}"), "is no placeholder"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(PromptError, match=said) as refused:
        load_prompt("describe_scene", own(tmp_path, content))
    assert str(tmp_path / "describe_scene.md") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_alias_that_grows_without_end_costs_nothing(tmp_path: Path) -> None:
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9 if n else ['x'])}]\n" for n in range(12))
    content = f"---\n{bomb}purpose: *a11\nversion: 1\nvariables: *a11\n---\ntext"
    with pytest.raises(PromptError, match="purpose must be"):
        load_prompt("describe_scene", own(tmp_path, content))


def test_a_folder_in_a_files_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "describe_scene.md").mkdir()
    with pytest.raises(PromptError, match=r"describe_scene\.md is a folder or a device, not a file"):
        load_prompt("describe_scene", tmp_path)


@POSIX
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "describe_scene.md")
    with pytest.raises(PromptError, match="is a folder or a device"):
        load_prompt("describe_scene", tmp_path)


@POSIX
def test_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    """Nor does it within the folder, where it is as good as a file."""
    folder, outside = own(tmp_path / "mine", name="other.md"), own(tmp_path, name="secret.md") / "secret.md"
    link = folder / "describe_scene.md"
    link.symlink_to("other.md")
    assert load_prompt("describe_scene", folder).version == "3"
    for target in (outside, Path("..", "secret.md"), Path("/etc/passwd")):
        link.unlink()
        link.symlink_to(target)
        with pytest.raises(PromptError, match=r"describe_scene\.md is a link that leads out of"):
            load_prompt("describe_scene", folder)
        assert load_prompt("describe_plain", folder).path.parent == BUILTIN
    link.unlink()
    link.symlink_to("gone.md")
    with pytest.raises(PromptError, match="Cannot read the prompt"):
        load_prompt("describe_scene", folder)
    (tmp_path / "door").symlink_to(folder)
    own(folder, name="describe_plain.md")
    assert load_prompt("describe_plain", tmp_path / "door").version == "3"


def test_a_folder_without_any_prompt_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    own(tmp_path, STYLE, "styles/._wedding.md")  # what some systems leave beside a file
    own(tmp_path, "Our styles.", "styles/README.md")
    with pytest.raises(
        PromptError,
        match=r"holds no prompt file of ours; put one of these into it: chat\.md, contact_picture\.md",
    ):
        load_prompt("describe_scene", tmp_path)


def test_a_folder_of_styles_alone_is_fine(tmp_path: Path) -> None:
    assert load_prompt("describe_scene", own(tmp_path, STYLE, "styles/wedding.md")).path.parent == BUILTIN


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="There is no prompts folder"):
        load_prompt("describe_scene", tmp_path / "none")
    with pytest.raises(PromptError, match="There is no prompts folder"):
        load_prompt("describe_scene", own(tmp_path) / "describe_scene.md")


@pytest.mark.parametrize("name", ["describe_scen", "", "../describe_scene", "styles/travel-vlog", "/etc/passwd"])
def test_an_unknown_prompt_is_named_and_never_a_path(tmp_path: Path, name: str) -> None:
    own(tmp_path)
    own(tmp_path / "mine")
    with pytest.raises(PromptError, match=r"No prompt '.*'\. Known: chat, contact_picture"):
        load_prompt(name, tmp_path / "mine")


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(PromptError, match=r"describe_scene\.md needs language; given: tongue"):
        load_prompt("describe_scene").render({"tongue": "English"})


# ---------------------------------------------------------------- checking a folder


def verdicts(folder: Path) -> dict[str, tuple[str, str]]:
    return {verdict.file: (verdict.state, verdict.said) for verdict in check_folder(folder)}


def test_what_comes_with_the_program_passes() -> None:
    checked = check_builtin()
    assert {verdict.file for verdict in checked} == {f"{name}.md" for name in builtin_files()}
    assert {verdict.state for verdict in checked} == {"ok"}


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("describe_scene.md", "ok", "version 3"),
        ("describe_scen.md", "bad", "is no prompt of ours. Did you mean describe_scene.md?"),
        ("describe_scene.md.txt", "bad", "Did you mean describe_scene.md?"),
        ("describe_scene.txt", "bad", "Did you mean describe_scene.md?"),
        ("describe_scene.MD", "bad", "Did you mean describe_scene.md?"),
        ("Describe_Scene.md", "bad", "Did you mean describe_scene.md?"),
        ("describe_plain.markdown", "bad", "Did you mean describe_plain.md?"),
        ("想法.md", "bad", "Ours are chat.md, contact_picture.md"),
        ("travel-vlog.md", "bad", "A style belongs into the folder styles/."),
        ("style/wedding.md", "bad", "styles are files in the folder styles/"),
        ("old/describe_scene.md", "bad", "is not read"),
        ("styles", "bad", "styles are files in the folder styles/"),
        ("pictures/a.png", "unused", "is a folder"),
        ("README.md", "unused", "is not sent to any model"),
        ("README.zh.md", "unused", "is not sent to any model"),
        ("describe_scene.md~", "unused", "is no Markdown file"),
        ("shopping.txt", "unused", "is no Markdown file"),
    ],
)
def test_nothing_in_a_folder_is_passed_over(tmp_path: Path, name: str, state: str, said: str) -> None:
    own(tmp_path, name="repair_description.md", content=STYLE)
    own(tmp_path, name=name)
    found = verdicts(tmp_path)
    (file,) = set(found) - {"repair_description.md"}
    assert found[file][0] == state
    assert said in found[file][1]
    assert state != "bad" or str(tmp_path / file) in found[file][1]


def test_what_is_hidden_is_left_alone(tmp_path: Path) -> None:
    own(own(own(tmp_path), name="._describe_scene.md"), name=".git/describe_plan.md")
    own(tmp_path, name="styles/.hidden.md")
    assert set(verdicts(tmp_path)) == {"describe_scene.md"}


def test_a_variable_that_is_left_out_is_said(tmp_path: Path) -> None:
    content = GOOD.replace("[language]", "[]").replace("{{language}}", "French")
    assert verdicts(own(tmp_path, content)) == {"describe_scene.md": ("ok", "version 3; does not use language")}


def test_every_wrong_file_is_told_of_not_only_the_first(tmp_path: Path) -> None:
    own(own(tmp_path, ""), "", "describe_plain.md")
    own(tmp_path, name="repair_description.md")
    own(tmp_path, "", "styles/wedding.md")
    assert {file for file, (state, _) in verdicts(tmp_path).items() if state == "bad"} == {
        "describe_scene.md",
        "describe_plain.md",
        "repair_description.md",
        "styles/wedding.md",
    }


def test_a_folder_that_holds_nothing_to_check_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="holds no prompt file of ours"):
        check_folder(own(tmp_path, name="README.md"))
    with pytest.raises(PromptError, match=r"Cannot read the prompts folder .*none"):
        check_folder(tmp_path / "none")


@pytest.mark.parametrize("page", ["prompts.md", "prompts.zh.md"])
def test_the_page_about_prompts_names_each_with_its_variables(page: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for name in prompt_names():
        said = re.findall(r"`(\w+)`", rows[f"{name}.md"].rpartition("|")[0].rpartition("|")[2])
        assert tuple(said) == load_prompt(name).variables
    assert set(style_names()) <= set(rows)


# ---------------------------------------------------------------- the command


@pytest.fixture(autouse=True)
def _no_settings_of_the_machines_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` above the checkout must not reach a command that a test runs."""
    monkeypatch.chdir(tmp_path)


def command(*arguments: object) -> None:
    app(args=[str(argument) for argument in arguments], standalone_mode=False)


def refusal(*arguments: object) -> str:
    with pytest.raises(AutoCutError) as refused:
        command(*arguments)
    assert refused.value.exit_status == 2
    return str(refused.value)


def rows(text: str) -> dict[str, list[str]]:
    return {cells[0]: cells[1:] for cells in (line.split(maxsplit=4) for line in text.splitlines()[1:])}


def test_the_list_says_whose_each_prompt_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = GOOD.replace("Test.", f"'[red]{'long ' * 30}end'")
    command("list", "--prompts", own(tmp_path, content))
    out, err = capsys.readouterr()
    styles = [f"styles/{name}" for name in style_names()]
    assert (list(rows(out)), err) == ([*prompt_names(), *styles], "")
    assert rows(out)["describe_scene"][:3] == ["3", "own", "-"]
    assert rows(out)["describe_scene"][3].startswith("[red]long long")
    assert rows(out)["describe_plain"][:3] == ["1", "builtin", "-"]


def test_the_folder_comes_from_the_settings_if_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROMPTS_DIR", str(own(tmp_path / "set")))
    command("list")
    assert rows(capsys.readouterr().out)["describe_scene"][1] == "own"
    command("show", "describe_scene")
    assert capsys.readouterr().out == GOOD
    command("check")
    assert capsys.readouterr().out == "ok  describe_scene.md: version 3\n"
    command("list", "--prompts", own(tmp_path / "named", name="describe_plain.md"))
    assert rows(capsys.readouterr().out)["describe_scene"][1] == "builtin"


def test_show_prints_the_file_in_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("show", "describe_scene")
    out, err = capsys.readouterr()
    assert out == (BUILTIN / "describe_scene.md").read_text(encoding="utf-8")
    assert err == f"{BUILTIN / 'describe_scene.md'} (builtin)\n"
    command("show", "describe_scene", "--prompts", own(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()))
    assert capsys.readouterr() == (GOOD, f"{tmp_path / 'describe_scene.md'} (own)\n")
    assert "No prompt 'describe_scen'. Known: " in refusal("show", "describe_scen")
    assert "prompts show styles/travel-vlog" in refusal("show", "travel-vlog")
    assert "is empty" in refusal("show", "describe_scene", "--prompts", own(tmp_path, ""))


def test_check_has_a_line_for_each_file_and_fails_when_one_is_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("check", own(tmp_path))
    assert capsys.readouterr() == (
        "ok  describe_scene.md: version 3\n",
        f"1 prompt file in {tmp_path}: all can be used.\n",
    )
    own(own(tmp_path, "", "describe_plain.md"), name="README.md")
    assert refusal("check", tmp_path).startswith(f"1 of 2 prompt files in {tmp_path} cannot be used")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "-   README.md: is not sent to any model"
    assert lines[1].startswith(f"BAD {tmp_path / 'describe_plain.md'} is empty")
    assert lines[2:] == ["ok  describe_scene.md: version 3"]
    assert "Cannot read the prompts folder gone" in refusal("check", "gone")


def test_check_without_a_folder_checks_ours(capsys: pytest.CaptureFixture[str]) -> None:
    command("check")
    assert len(capsys.readouterr().out.splitlines()) == len(builtin_files())


def test_copy_brings_every_file_and_replaces_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new 提示词" / "it's"
    own(folder, "mine", "describe_scene.md")
    (folder / ".plan.md.999999999.part.md").write_text("half")  # what a killed copy left
    command("copy", folder)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Already there, and left as it is: describe_scene.md.\n" in err
    assert f"{len(builtin_files()) - 1} files copied to {folder}" in err
    copied = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    expected = {f"{name}.md": path.read_bytes() for name, path in builtin_files().items()}
    assert copied == {**expected, "describe_scene.md": b"mine"}
    (folder / "describe_scene.md").unlink()
    command("copy", folder)
    command("check", folder)


@POSIX
def test_copy_does_not_write_through_a_link(tmp_path: Path) -> None:
    own(tmp_path / "mine").joinpath("describe_plain.md").symlink_to(tmp_path / "elsewhere.md")
    command("copy", tmp_path / "mine")
    assert (tmp_path / "mine/describe_plain.md").is_symlink()
    assert not (tmp_path / "elsewhere.md").exists()


def test_copy_onto_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"Cannot write into .*a\.txt: .*; name another"):
        command("copy", tmp_path / "a.txt")
    (tmp_path / "b").mkdir()
    own(tmp_path / "b", name="styles")
    assert "Cannot write into" in refusal("copy", tmp_path / "b")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["styles"]
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_no_command_is_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    command()
    assert "Commands:" in capsys.readouterr().out


def test_the_commands_load_no_langchain() -> None:
    script = (
        "import sys; from autocut_director.prompts_cli import app\n"
        "for command in (['list'], ['show', 'describe_scene'], ['check']): app(args=command, standalone_mode=False)\n"
        "print(' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not set(said.splitlines()[-1].split()) & {"langchain", "langchain_core", "openai", "cv2", "moviepy", "av"}
