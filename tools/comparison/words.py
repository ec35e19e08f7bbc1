"""The words of a comparison, on its page, in its Markdown and in the terminal, in the languages they speak."""

from collections.abc import Mapping
from typing import Any

from autocut_director.tools.timeline import Language

_WORDS: dict[Language, dict[str, Any]] = {
    "en": {
        "title": "Models compared on {film}", "of_scenes": "{shown} of {found} scenes", "skip": "Skip to the scenes",
        "warnings": "Look out", "results": "Results", "model": "model", "scene": "Scene", "scenes": "Scenes",
        "machine": "{threads} threads, {ram:.0f} GiB of RAM, {gpu}", "no_gpu": "no GPU", "made": "made {day}",
        # the columns of the results
        "first": "first scene", "steady": "a scene", "spread": "fastest – slowest", "speed": "scenes a minute",
        "tokens": "tokens in + out", "cost": "100 scenes", "valid": "valid at once", "failed": "failed",
        "agrees": "agrees", "claims": "claims", "asked": "stills × at once",
        "explained": [
            "First scene: with loading the model. A scene: the median of the others that it described.",
            "Scenes a minute: with as many requests at once as the model's server takes.",
            "100 scenes: US dollars, at the tokens seen here; nothing for models on one's own machines.",
            "Valid at once: the first answer was a description in the form that was asked for.",
            "Agrees: the mean agreement with each of the other models. To agree is not to be right.",
            "Claims: rank correlation, −1 to 1, of the model's quality scores with the measured quality of the stills.",
        ],
        # charts
        "chart_seconds": "Seconds a scene", "chart_cost": "US dollars for 100 scenes", "chart_agreement": "Agreement",
        "chart_first": "the first, with loading", "chart_steady": "each after it", "seconds": "{:.2f} s", "none": "–",
        "free": "$0", "unknown": "not known",
        # agreement
        "pairs": "Who agrees with whom", "pair": "{one} and {other}", "overall": "mean", "near": "near size",
        "apart": "points apart", "rank": "rank", "of": "n {n}",
        "fields": {
            "shot_type": "shot type", "quality_score": "quality", "subjects": "subjects", "summary": "summary",
            "action": "action", "mood": "mood", "lighting": "lighting",
        },
        "pairs_explained": "Shot type: the same name (near size: the same or the next). Quality: 1 less the difference "
        "in ninths, which two who guess reach about 63 % of; points apart: the mean difference; rank: correlation. "
        "The others: common words of all words as written, so that synonyms count as different.",
        "one_model": "Agreement needs two models that described scenes.",
        # scenes
        "measured": "measured quality {:.0f} %", "said": "What the models said", "no_frame": "no frame",
        "stills": "Stills", "not_described": "not described", "repaired": "mended", "at_once": "valid at once",
        "rungs": {"schema": "by schema", "json": "as JSON", "text": "in plain words"}, "quality": "quality",
        "answers_of": "Answers about {scene}",
        "shots": {
            "extreme_close_up": "extreme close-up", "close_up": "close-up", "medium": "medium shot",
            "wide": "wide shot", "extreme_wide": "extreme wide shot", "insert": "insert", "title": "title",
            "unknown": "no shot type",
        },
        "absent": "Who took no part", "mend": "To mend it: {mend}.",
    },
    "zh": {
        "title": "模型对比:{film}", "of_scenes": "{found} 个场景中的 {shown} 个", "skip": "跳到场景",
        "warnings": "请注意", "results": "结果", "model": "模型", "scene": "场景", "scenes": "场景",
        "machine": "{threads} 线程,{ram:.0f} GiB 内存,{gpu}", "no_gpu": "无 GPU", "made": "{day} 生成",
        "first": "首个场景", "steady": "每个场景", "spread": "最快 – 最慢", "speed": "每分钟场景数",
        "tokens": "输入 + 输出 token", "cost": "100 个场景", "valid": "一次有效", "failed": "失败",
        "agrees": "一致度", "claims": "评分可信度", "asked": "画面数 × 并发",
        "explained": [
            "首个场景:含加载模型的时间。每个场景:其余已描述场景的中位数。",
            "每分钟场景数:按模型服务器能同时处理的请求数。",
            "100 个场景:按此处所用 token 折算的美元;自己机器上的模型不花钱。",
            "一次有效:第一个回答就是所要求格式的描述。",
            "一致度:与其他各模型一致度的平均。一致不等于正确。",
            "评分可信度:模型给出的质量分与画面实测质量的等级相关系数,−1 到 1。",
        ],
        "chart_seconds": "每个场景的秒数", "chart_cost": "100 个场景的美元", "chart_agreement": "一致度",
        "chart_first": "首个场景(含加载)", "chart_steady": "其余每个场景", "seconds": "{:.2f} 秒", "none": "–",
        "free": "$0", "unknown": "未知",
        "pairs": "谁与谁一致", "pair": "{one} 与 {other}", "overall": "平均", "near": "景别相近",
        "apart": "相差分数", "rank": "等级相关", "of": "n {n}",
        "fields": {
            "shot_type": "景别", "quality_score": "质量", "subjects": "主体", "summary": "概述",
            "action": "动作", "mood": "氛围", "lighting": "光线",
        },
        "pairs_explained": "景别:名称相同(景别相近:相同或相邻)。质量:1 减去分差的九分之一,随机猜测约为 63 %;"
        "相差分数:平均分差;等级相关:相关系数。其余各项:共有词占全部词的比例,按字面比较,同义词算作不同;中文按相邻两字比较。",
        "one_model": "要有两个描述了场景的模型才能比较一致度。",
        "measured": "实测质量 {:.0f} %", "said": "各模型的回答", "no_frame": "没有画面",
        "stills": "画面", "not_described": "未能描述", "repaired": "经过修补", "at_once": "一次有效",
        "rungs": {"schema": "按模式", "json": "JSON", "text": "普通文字"}, "quality": "质量",
        "answers_of": "关于 {scene} 的回答",
        "shots": {
            "extreme_close_up": "特写", "close_up": "近景", "medium": "中景", "wide": "全景", "extreme_wide": "远景",
            "insert": "插入镜头", "title": "字幕画面", "unknown": "景别未知",
        },
        "absent": "未参加的", "mend": "解决办法:{mend}。",
    },
}  # fmt: skip


def words_of(language: Language) -> Mapping[str, Any]:
    """Return the words in `language`."""
    return _WORDS[language]
