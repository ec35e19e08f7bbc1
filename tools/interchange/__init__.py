"""The edit in the files of editors' own programs, and their edits as scenes.

Writers, one a format: `otio`, `edl`, `fcpxml`, `fcp7xml`; each takes a plan and returns the file's text. They share
`events` (where each clip lies), `media_urls` (how the film is named) and `characters` (what a file can hold of a text).
Readers, for import: `read_otio`, `read_edl`, `read_fcpxml`; each gives `SourceClip`s, and `scenes_from` makes scenes of
them.
"""
