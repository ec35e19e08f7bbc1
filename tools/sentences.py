"""What the program says to a person about a run, in the languages it speaks."""

from autocut_director.tools.timeline import Language

_SENTENCES: dict[Language, dict[str, str]] = {
    "en": {
        "no_vision": "no vision model is set up, so builtin measured the pixels (--vision builtin says this is meant)",
        "no_planner": "no planning model is set up, so builtin planned by rules (--planner builtin says this is meant)",
        "cut_short": "{name} is cut short: {there} of {declared} frames are there ({share:.0f} %); the rest is not.",
        "damaged": "{damaged} of {total} frames ({share:.1f} %) did not decode whole; the film has gaps there.",
        "failed": "{failed} of {total} scenes could not be described; {first}: {error}",
        "shortfall": "{asked:g} s were asked, the film has {available:.1f} s: all of it is used.",
        "no_duration": "No duration was asked for; {taken:.1f} s was taken.",
        "filler": "added to reach the asked duration",
    },
    "zh": {
        "no_vision": "没有配置视觉模型,由 builtin 测量像素代替(写明 --vision builtin 表示这正是所要的)",
        "no_planner": "没有配置规划模型,由 builtin 按规则规划代替(写明 --planner builtin 表示这正是所要的)",
        "cut_short": "{name} 不完整:{declared} 帧中只有 {there} 帧({share:.0f} %),其余缺失。",
        "damaged": "{total} 帧中有 {damaged} 帧({share:.1f} %)未能完整解码,影片在这些地方有缺损。",
        "failed": "{total} 个场景中有 {failed} 个未能描述;{first}:{error}",
        "shortfall": "要求 {asked:g} 秒,影片只有 {available:.1f} 秒:全部采用。",
        "no_duration": "没有要求时长,取 {taken:.1f} 秒。",
        "filler": "为达到所要求的时长而加入",
    },
}


def say(language: Language, sentence: str, **values: object) -> str:
    """Return `sentence` (its name in the table) in `language`, with `values` put in."""
    return _SENTENCES[language][sentence].format(**values)
