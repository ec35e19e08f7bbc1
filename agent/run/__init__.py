"""One run of the director: what was asked, who does it, what each step hands on, and the account of it all."""
