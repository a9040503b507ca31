"""Change feeds: what a log of changes is, where a reader stands in it, how one waits for more."""
