"""A style is a short text in two languages; a user's folder replaces and adds; a name is never a path."""

import sys
import unicodedata
from pathlib import Path

import pytest

from autocut_director.errors import PromptError
from autocut_director.prompts import BUILTIN, load_style, style_files, style_names
from autocut_director.prompts.checking import check_folder
from autocut_director.prompts_cli import app

OURS = ("documentary", "interview", "product", "short-form", "travel-vlog", "tutorial")
TEXT = "---\npurpose: Weddings.\nversion: 7\nvariables: []\n---\nSlow, and close to the faces.\n"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows makes no links for everybody")


def style(folder: Path, name: str, content: str | bytes = TEXT) -> Path:
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    (folder / "styles" / f"{name}.md").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def said(folder: Path) -> dict[str, tuple[str, str]]:
    return {verdict.file: (verdict.state, verdict.said) for verdict in check_folder(folder)}


# ---------------------------------------------------------------- ours


def test_ours_are_these() -> None:
    assert style_names() == OURS
    assert {path.name for path in (BUILTIN / "styles").iterdir()} == {
        f"{name}{ending}" for name in OURS for ending in (".md", ".zh.md")
    }


@pytest.mark.parametrize("name", OURS)
def test_each_is_there_in_both_languages_and_short(name: str) -> None:
    english, chinese = load_style(name, "en"), load_style(name, "zh")
    assert (english.name, english.path.name) == (f"styles/{name}", f"{name}.md")
    assert (chinese.name, chinese.path.name) == (f"styles/{name}", f"{name}.zh.md")
    for prompt in (english, chinese):
        assert 300 < len(prompt.text) <= 1500
        assert prompt.render({}) == prompt.text
        assert prompt.purpose
    assert 110 <= len(english.text.split()) <= 240
    assert 200 <= sum("\u4e00" <= sign <= "\u9fff" for sign in chinese.text) <= 350
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in english.text)


@pytest.mark.parametrize("name", OURS)
def test_each_tells_of_pace_hook_order_text_and_what_to_leave_out(name: str) -> None:
    english, chinese = load_style(name, "en").text, load_style(name, "zh").text
    assert all(f"{part}: " in english for part in ("Pace", "Hook", "Order", "Text", "Leave out"))
    assert all(f"{part}：" in chinese for part in ("节奏", "开头", "结构", "字幕", "不要"))


# ---------------------------------------------------------------- the user's own


def test_a_users_file_replaces_ours_file_by_file(tmp_path: Path) -> None:
    style(tmp_path, "travel-vlog")
    assert load_style("travel-vlog", "en", tmp_path).version == "7"
    assert load_style("travel-vlog", "zh", tmp_path).path.parent == BUILTIN / "styles"
    assert load_style("tutorial", "en", tmp_path).path.parent == BUILTIN / "styles"
    style(tmp_path, "travel-vlog.zh", TEXT.replace("7", "8"))
    assert load_style("travel-vlog", "zh", tmp_path).version == "8"
    assert style_names(tmp_path) == OURS


@pytest.mark.parametrize("name", ["wedding", "婚礼", 'it\'s a "nice" day', "first birthday (2)", "Café"])
def test_a_user_may_add_styles(tmp_path: Path, name: str) -> None:
    if sys.platform == "win32":
        name = name.replace('"', "")
    style(tmp_path, name)
    assert style_names(tmp_path) == tuple(sorted([*OURS, name]))
    assert load_style(name, "en", tmp_path).version == "7"
    assert said(tmp_path) == {f"styles/{name}.md": ("ok", "version 7; a style of your own")}


def test_a_style_in_one_language_serves_both(tmp_path: Path) -> None:
    style(style(tmp_path, "wedding"), "婚礼.zh")
    assert load_style("wedding", "zh", tmp_path).path.name == "wedding.md"
    assert load_style("婚礼", "en", tmp_path).path.name == "婚礼.zh.md"
    assert {name: list(style_files(tmp_path)[name]) for name in ("wedding", "婚礼")} == {
        "wedding": ["en"],
        "婚礼": ["zh"],
    }


def test_an_accent_is_found_however_the_file_system_keeps_it(tmp_path: Path) -> None:
    style(tmp_path, unicodedata.normalize("NFD", "café"))
    assert load_style(unicodedata.normalize("NFC", "café"), "en", tmp_path).version == "7"
    assert load_style(unicodedata.normalize("NFD", "café"), "en", tmp_path).version == "7"


def test_a_readme_is_no_style(tmp_path: Path) -> None:
    style(style(tmp_path, "README", "Our styles."), "wedding")
    assert "README" not in style_names(tmp_path)
    assert said(tmp_path)["styles/README.md"] == ("unused", "is not sent to any model")


# ---------------------------------------------------------------- what is refused


def test_an_unknown_style_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"No style 'travel'\. Known: documentary, interview, product, short-form"):
        load_style("travel", "en")
    with pytest.raises(PromptError, match=r"No style 'Wedding'\. Known: .*, wedding"):
        load_style("Wedding", "en", style(tmp_path, "wedding"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret",
        "../../prompts/describe_scene",
        "sub/wedding",
        "sub\\wedding",
        "/etc/passwd",
        "C:secret",
        "travel-vlog.md",
        "travel-vlog.zh",
        "travel-vlog\0",
        "travel-vlog\n",
        " travel-vlog",
    ],
)
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.md").write_text(TEXT)
    style(tmp_path / "mine", "wedding")
    (tmp_path / "mine/styles/sub").mkdir()
    (tmp_path / "mine/styles/sub/wedding.md").write_text(TEXT)
    for folder in (None, tmp_path / "mine"):
        with pytest.raises(PromptError, match="is no name of a style; a name has no dot, colon or slash"):
            load_style(name, "en", folder)


@POSIX
def test_a_link_leads_to_no_style_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(TEXT)
    folder = style(tmp_path / "mine", "wedding")
    (folder / "styles/party.md").symlink_to(tmp_path / "secret.md")
    (folder / "styles/feast.md").symlink_to("wedding.md")
    assert load_style("feast", "en", folder).version == "7"
    with pytest.raises(PromptError, match=r"party\.md is a link that leads out of"):
        load_style("party", "en", folder)
    assert said(folder)["styles/party.md"][0] == "bad"
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "styles").symlink_to(folder / "styles")
    with pytest.raises(PromptError, match="is a link that leads out of"):
        load_style("wedding", "en", whole)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (TEXT.replace("[]", "[mood]").replace("Slow", "{{mood}}"), r"asks for \{\{mood\}\}, .* has no variables"),
        (TEXT.replace("Slow", "{{#x}}"), "is a section"),
        (TEXT.replace("Weddings", "婚礼").encode("gbk"), "is not UTF-8 text"),
        ("Slow, and close to the faces.", "has no front matter"),
        ("", "is empty"),
    ],
)
def test_a_wrong_style_is_named(tmp_path: Path, content: str | bytes, wrong: str) -> None:
    with pytest.raises(PromptError, match=wrong) as refused:
        load_style("wedding", "zh", style(tmp_path, "wedding", content))
    assert str(tmp_path / "styles/wedding.md") in str(refused.value)


# ---------------------------------------------------------------- check, list, show


@pytest.mark.parametrize(
    ("file", "state", "words"),
    [
        ("wedding.en.md", "bad", "call it NAME.md, or NAME.zh.md for Chinese"),
        ("wedding.zh-CN.md", "bad", "call it NAME.md, or NAME.zh.md for Chinese"),
        ("wedding.md.txt", "bad", "call it NAME.md"),
        ("tutorial.txt", "bad", "call it NAME.md"),
        ("more/wedding.md", "bad", "is not read"),
        ("more/picture.png", "unused", "is a folder"),
        ("song.mp3", "unused", "is no Markdown file"),
        ("travel-vlog.md", "ok", "ours is still used in Chinese: copy travel-vlog.zh.md too"),
        ("travel-vlog.zh.md", "ok", "ours is still used in English: copy travel-vlog.md too"),
    ],
)
def test_nothing_among_the_styles_is_passed_over(tmp_path: Path, file: str, state: str, words: str) -> None:
    path = style(tmp_path, "product") / "styles" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEXT)
    found = said(tmp_path)[f"styles/{file.partition('/')[0]}"]
    assert found[0] == state
    assert words in found[1]


def test_both_languages_of_ones_own_leave_nothing_of_ours(tmp_path: Path) -> None:
    style(style(tmp_path, "product"), "product.zh")
    assert said(tmp_path) == {
        "styles/product.md": ("ok", "version 7"),
        "styles/product.zh.md": ("ok", "version 7"),
    }


def command(*arguments: object) -> None:
    app(args=[str(argument) for argument in arguments], standalone_mode=False)


def test_the_list_has_languages_and_whose_each_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    style(style(tmp_path / "mine", "product"), "婚礼.zh")
    command("list", "--prompts", tmp_path / "mine")
    lines = {line.split()[0]: " ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert lines["styles/tutorial"].startswith("styles/tutorial 1 builtin en zh Tutorial: ")
    assert lines["styles/product"] == "styles/product 7 en own, zh builtin en zh Weddings."
    assert lines["styles/婚礼"] == "styles/婚礼 7 own zh Weddings."
    command("list", "--language", "zh")
    assert "教程：看完就会做" in capsys.readouterr().out


def test_show_prints_a_style_in_the_language_that_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command("show", "styles/travel-vlog")
    assert capsys.readouterr().out == (BUILTIN / "styles/travel-vlog.md").read_text(encoding="utf-8")
    command("show", "styles/travel-vlog", "--language", "zh")
    assert capsys.readouterr().out == (BUILTIN / "styles/travel-vlog.zh.md").read_text(encoding="utf-8")
    monkeypatch.setenv("AUTOCUT_LANGUAGE", "zh")
    command("show", "styles/travel-vlog", "--prompts", style(tmp_path, "travel-vlog.zh"))
    assert capsys.readouterr() == (TEXT, f"{tmp_path / 'styles/travel-vlog.zh.md'} (own)\n")
    for name in ("styles/", "styles/../describe_scene", "styles/travel-vlog.md"):
        with pytest.raises(PromptError, match="is no name of a style"):
            command("show", name)
