"""Penalty records in the content of the 30-field dual-publicity form (行政处罚、双公示)."""
