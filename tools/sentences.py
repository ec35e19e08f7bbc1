"""What the program says to a person about a run, in the languages it speaks."""

from autocut_director.tools.timeline import Language

_SENTENCES: dict[Language, dict[str, str]] = {
    "en": {
        "no_vision": "no vision model can be used ({why}), so builtin measured pixels; see: autocut-director doctor",
        "stood_in": "builtin stood in for {count} of {total} scenes; {first}: {error}",
        "frames_leave": "Frames of the film go to {host} ({name}, {model}).",
        "frames_may_leave": "If nothing on this machine can look, frames of the film go to {host} ({name}, {model}).",
        "nothing_leaves": "Nothing leaves this machine.",
        "traced": "LangSmith tracing is on: what models are sent, frames included, goes to LangSmith.",
        "crossing": "From now on frames leave this machine, to {host} ({name}), since: {why}",
        "warming": "Loading {model} in {name}; a first answer can take minutes.",
        "fell_back": "{count} of {total} scenes were described by {name}, since: {error}",
        "no_planner": "no model can plan ({why}), so builtin planned by rules (meant: --planner builtin)",
        "planner_stood_in": "builtin planned by rules, since: {error}",
        "planner_fell_back": "{name} planned, since: {error}",
        "builtin_reads_nothing": "The builtin planner goes by what was measured; it reads no brief and no style.",
        "texts_leave": "Descriptions of the scenes go to {host} ({name}, {model}).",
        "texts_may_leave": "If none before it can plan, descriptions of the scenes go to {host} ({name}, {model}).",
        "shortlisted": "The planner was shown {shown} of {total} scenes; the others do not fit what it can read.",
        "speech_cut": "The planner was shown the first {shown} of {total} lines of speech.",
        "brief_cut": "The brief is long: its first {shown} of {total} characters were read.",
        "cut_short": "{name} is cut short: {there} of {declared} frames are there ({share:.0f} %); the rest is not.",
        "damaged": "{damaged} of {total} frames ({share:.1f} %) did not decode whole; the film has gaps there.",
        "failed": "{failed} of {total} scenes could not be described; {first}: {error}",
        "unheard": "In {seconds:.1f} s somebody speaks and no word was understood; clips may cut there.",
        "hurried": "{count} of {total} subtitles are gone before they can be read; people speak too fast there.",
        "of_others": "{count} clips of the given edit are of other films and were passed over: {names}",
        "shortfall": "{asked:g} s were asked, the film has {available:.1f} s: all of it is used.",
        "no_duration": "No duration was asked for; {taken:.1f} s was taken.",
        "filler": "added to reach the asked duration",
    },
    "zh": {
        "no_vision": "没有可用的视觉模型({why}),由 builtin 测量像素代替;请运行:autocut-director doctor",
        "stood_in": "{total} 个场景中有 {count} 个由 builtin 代替;{first}:{error}",
        "frames_leave": "影片画面将发送到 {host}({name},{model})。",
        "frames_may_leave": "如果本机无法描述画面,影片画面将发送到 {host}({name},{model})。",
        "nothing_leaves": "没有任何内容离开本机。",
        "traced": "LangSmith 追踪已开启:发送给模型的内容(包括画面)会传到 LangSmith。",
        "crossing": "从现在起画面会离开本机,发送到 {host}({name}),原因:{why}",
        "warming": "正在 {name} 中加载 {model},首次回答可能需要几分钟。",
        "fell_back": "{total} 个场景中有 {count} 个由 {name} 描述,原因:{error}",
        "no_planner": "没有可用来规划的模型({why}),由 builtin 按规则规划(写明 --planner builtin 表示这正是所要的)",
        "planner_stood_in": "由 builtin 按规则规划,原因:{error}",
        "planner_fell_back": "由 {name} 规划,原因:{error}",
        "builtin_reads_nothing": "builtin 规划器只看测量结果,不读要求,也不读风格。",
        "texts_leave": "场景的文字描述将发送到 {host}({name},{model})。",
        "texts_may_leave": "如果前面的都无法规划,场景的文字描述将发送到 {host}({name},{model})。",
        "shortlisted": "规划器只看到 {total} 个场景中的 {shown} 个,其余超出它一次能读的长度。",
        "speech_cut": "规划器只看到 {total} 行语音文字中的前 {shown} 行。",
        "brief_cut": "要求写得很长:只读了 {total} 个字符中的前 {shown} 个。",
        "cut_short": "{name} 不完整:{declared} 帧中只有 {there} 帧({share:.0f} %),其余缺失。",
        "damaged": "{total} 帧中有 {damaged} 帧({share:.1f} %)未能完整解码,影片在这些地方有缺损。",
        "failed": "{total} 个场景中有 {failed} 个未能描述;{first}:{error}",
        "unheard": "有 {seconds:.1f} 秒有人说话但一个词也没听懂,剪辑时无法避开。",
        "hurried": "{total} 条字幕中有 {count} 条来不及读完:那里说得太快。",
        "of_others": "所给剪辑中有 {count} 个片段属于别的影片,已跳过:{names}",
        "shortfall": "要求 {asked:g} 秒,影片只有 {available:.1f} 秒:全部采用。",
        "no_duration": "没有要求时长,取 {taken:.1f} 秒。",
        "filler": "为达到所要求的时长而加入",
    },
}


def say(language: Language, sentence: str, **values: object) -> str:
    """Return `sentence` (its name in the table) in `language`, with `values` put in."""
    return _SENTENCES[language][sentence].format(**values)
