"""The head: decides what to use and why, and carries it out."""
