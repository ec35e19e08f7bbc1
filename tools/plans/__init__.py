"""Plans: proven (`rules`, `mending`, `compiler`), judged (`score`), compared, and what a planner reads of a film."""
