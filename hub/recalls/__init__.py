"""Recall (R23): who received a record that is no longer shared as it was, by when it has acted, and who is late."""
