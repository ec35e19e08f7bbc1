"""What to use and why. Pure: a profile and settings in, decisions with reasons out (`execution`).

`routes` are the words that decisions are made of, `vision_seats` and `planner_seats` say for one backend whether it may
take its seat, `all_seats` says it for every model there is, and `models` is what is known of models by name.
"""
