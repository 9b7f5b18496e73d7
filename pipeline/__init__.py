"""newsledger: an auditable, replayable record of what the news published, said, quoted and changed."""
