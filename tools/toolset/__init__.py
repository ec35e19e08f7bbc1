"""The hands as LangChain tools: for a model in a larger agent, and for Python.

`making` (a function → a tool), `telling` (short texts), `reading` (films and documents inside the workspace), and the
tools themselves: `looking` finds out what is in a film, `cutting` makes an edit of it.

A model cannot carry objects, so what one tool hands to the next is a file in the workspace (scenes.json, plan.json);
the artifacts are the same values for Python.
"""

from langchain_core.tools import BaseTool

from autocut_director.tools.toolset.cutting import (
    make_export_timeline,
    make_list_clips,
    make_plan_edit,
    make_render_edit,
)
from autocut_director.tools.toolset.looking import (
    make_describe_scenes,
    make_detect_scenes,
    make_list_scenes,
    make_probe_video,
    make_sample_frames,
)
from autocut_director.tools.workspace import HERE

__all__ = [
    "detect_scenes",
    "export_timeline",
    "list_clips",
    "list_scenes",
    "make_describe_scenes",
    "make_plan_edit",
    "probe_video",
    "render_edit",
    "sample_frames",
]

probe_video: BaseTool = make_probe_video(HERE)
detect_scenes: BaseTool = make_detect_scenes(HERE)
list_scenes: BaseTool = make_list_scenes(HERE)
sample_frames: BaseTool = make_sample_frames(HERE)
list_clips: BaseTool = make_list_clips(HERE)
render_edit: BaseTool = make_render_edit(HERE)
export_timeline: BaseTool = make_export_timeline(HERE)
