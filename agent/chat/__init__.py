"""A conversation about an edit: an agent that talks, works with the tools, and asks before it pays or replaces.

`director_agent` (the whole of it) ← `talker` (whose words), `foresight` (what a call would do) → `consent` (what of it
a person is asked) → `asking` (the question, kept with the conversation), `resilience` (what goes wrong leaves the
conversation whole), `view` (what fits a model's context), `memory` (SQLite). `turns` is one turn as a stream of
events; `studio` is what LangGraph's server opens.
"""
