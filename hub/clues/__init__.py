"""Cases and clue transfers (案件、线索移送)."""
