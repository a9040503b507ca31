"""The annual report (R17) as an agency hands it up, and the proof that statistics are the recount of events."""
