"""Many films on many machines, by Ray: extra `ray`, which is imported where a cluster is really asked for.

`joining` (a cluster) → `engine` (a task for each film), with two things that all tasks share: `slots` (the places
of model servers) and `shelf` (the store)
"""
