"""Where one shot ends and the next begins, told while the film is being decoded.

`find_cuts` (finding) → every picture as a `Look` (looks) → two tests of the same few seconds: a change from one picture
to the next (hard), and what takes longer: dissolves, and fades through black, white or grey (gradual).
"""
