"""Planning by a model: the question, the answers, one model at work (`thinker`), and the chain of them (`chain`)."""
