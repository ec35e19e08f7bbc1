"""What is said and written in a film: read from a file (`transcript`), heard (`hearing`), or seen (`screen_text`)."""
