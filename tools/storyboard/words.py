"""The page's own words, in the languages it speaks."""

from collections.abc import Mapping
from typing import Any

from autocut_director.tools.timeline import Language

_WORDS: dict[Language, dict[str, Any]] = {
    "en": {
        # what is where
        "film": "Source film", "cut": "The cut", "scenes": "Scenes", "clips": "clips", "clip": "clip", "scene": "Scene",
        "skip": "Skip to the scenes", "timeline": "Timeline", "clip_list": "Clips in their order",
        "title_card": "title card", "stills": "Stills", "still": "Still {n} of {count} of {scene}",
        "planned_by": "planned by", "warnings": "Look out", "seconds": "{:.2f} s",
        # a scene
        "kept": "kept", "dropped": "dropped", "looked": "looked at by", "not_looked": "nobody looked at it",
        "failed": "could not be described", "not_chosen": "not chosen by the planner", "no_frame": "no frame",
        "quality": "quality", "faces": "faces", "same_as": "described like", "reads": "written in the picture:",
        "signals": "sharpness {sharpness:g} · exposure {exposure:g} · contrast {contrast:g} · colour {colourfulness:g}",
        "motion": "motion {motion:g}",
        "purposes": {"hook": "hook", "body": "body", "cta": "call to action"},
        "shots": {
            "extreme_close_up": "extreme close-up", "close_up": "close-up", "medium": "medium shot",
            "wide": "wide shot", "extreme_wide": "extreme wide shot", "insert": "insert", "title": "title",
        },
        # the player
        "play": "Play", "pause": "Pause", "previous": "Previous clip", "next": "Next clip", "keys": "Keys",
        "play_clip": "Play clip {n}", "to_scene": "See the scene", "overlay": "on screen:",
        "said": "Clip {n} of {count}, {scene}, {purpose}",
        "gone": "The film {film} cannot be played; it is expected beside this page. Put it back there, or render it "
        "again: autocut-director render plan.json --out cut.mp4",
        "not_rendered": "This edit was not rendered, so its stills stand in for it. In this folder, run:",
        # finding scenes
        "show": "Show", "all": "all", "find": "Find in the scenes", "shown": "{shown} of {all} scenes are shown",
        "nothing": "No scene has these words.",
        # the contact sheet
        "sheet": "{seconds} · {clips} · planned by {who} · {film}", "one_clip": "1 clip", "some_clips": "{n} clips",
        "more_clips": "and {clips} more", "more": "and {n} more", "left_out": "Not in the edit: {n}",
        # a revision
        "changed": "What changed", "asked": "Asked for:", "this_edit": "This edit", "earlier_edit": "Earlier edit",
        "which": "Edit that plays", "earlier_page": "The earlier page", "length": "{before:.2f} s → {after:.2f} s",
        "no_earlier_film": "The film of the earlier edit is not there; its stills stand in for it.",
        "kinds": {
            "kept": "same", "trimmed": "trimmed", "moved": "moved", "added": "new", "removed": "gone",
            "reworded": "reworded",
        },
        "moved_from": "from place {before} to {after}",
        # the keys
        "use_keys": "Use these keys", "close": "Close",
        "bindings": [
            ("Space, K", "play or pause"), ("← →", "previous or next clip"), (", .", "one frame back or forward"),
            ("C", "this edit or the earlier one"), ("/", "find in the scenes"), ("?", "these keys"),
        ],
        # how it came about
        "adjustments": "What the compiler changed", "none": "Nothing: the plan was cut as it was proposed.",
        "assumptions": "Assumptions", "fill": "(filled)", "without": "gone",
        "before": "before", "after": "after", "rule": "rule",
    },
    "zh": {
        "film": "原片", "cut": "成片", "scenes": "场景", "clips": "个片段", "clip": "片段", "scene": "场景",
        "skip": "跳到场景", "timeline": "时间线", "clip_list": "片段(按顺序)",
        "title_card": "片头字卡", "stills": "画面", "still": "{scene} 的画面 {n}/{count}",
        "planned_by": "剪辑方案:", "warnings": "请注意", "seconds": "{:.2f} 秒",
        "kept": "保留", "dropped": "舍弃", "looked": "由以下模型查看:", "not_looked": "没有模型看过",
        "failed": "未能描述", "not_chosen": "剪辑方案没有选用", "no_frame": "没有画面",
        "quality": "质量", "faces": "人脸", "same_as": "描述同", "reads": "画面中的文字:",
        "signals": "清晰度 {sharpness:g} · 曝光 {exposure:g} · 反差 {contrast:g} · 色彩 {colourfulness:g}",
        "motion": "运动 {motion:g}",
        "purposes": {"hook": "开场", "body": "主体", "cta": "号召"},
        "shots": {
            "extreme_close_up": "特写", "close_up": "近景", "medium": "中景", "wide": "全景", "extreme_wide": "远景",
            "insert": "插入镜头", "title": "字幕画面",
        },
        "play": "播放", "pause": "暂停", "previous": "上一个片段", "next": "下一个片段", "keys": "快捷键",
        "play_clip": "播放片段 {n}", "to_scene": "查看场景", "overlay": "屏幕文字:",
        "said": "片段 {n}/{count},{scene},{purpose}",
        "gone": "影片 {film} 无法播放,它应在本页旁边。请放回原处,或重新渲染:"
        "autocut-director render plan.json --out cut.mp4",
        "not_rendered": "本次剪辑没有渲染影片,以画面代替。要渲染,请在本文件夹中运行:",
        "show": "显示", "all": "全部", "find": "在场景中查找", "shown": "显示 {all} 个场景中的 {shown} 个",
        "nothing": "没有场景包含这些文字。",
        "sheet": "{seconds} · {clips} · 剪辑方案:{who} · {film}", "one_clip": "1 个片段", "some_clips": "{n} 个片段",
        "more_clips": "另有 {clips}", "more": "另有 {n} 个", "left_out": "未采用的场景:{n} 个",
        "changed": "改了什么", "asked": "要求:", "this_edit": "本次剪辑", "earlier_edit": "先前的剪辑",
        "which": "播放哪个剪辑", "earlier_page": "先前的页面", "length": "{before:.2f} 秒 → {after:.2f} 秒",
        "no_earlier_film": "先前剪辑的影片不在,以画面代替。",
        "kinds": {
            "kept": "未变", "trimmed": "修剪", "moved": "移动", "added": "新增", "removed": "去掉",
            "reworded": "改文字",
        },
        "moved_from": "从第 {before} 位移到第 {after} 位",
        "use_keys": "使用这些快捷键", "close": "关闭",
        "bindings": [
            ("空格, K", "播放或暂停"), ("← →", "上一个或下一个片段"), (", .", "后退或前进一帧"),
            ("C", "本次剪辑或先前的剪辑"), ("/", "在场景中查找"), ("?", "显示快捷键"),
        ],
        "adjustments": "编译器所做的修改", "none": "没有:方案原样剪出。",
        "assumptions": "假设", "fill": "(补充)", "without": "去掉",
        "before": "之前", "after": "之后", "rule": "规则",
    },
}  # fmt: skip


def words_of(language: Language) -> Mapping[str, Any]:
    """Return the page's words in `language`."""
    return _WORDS[language]
