"""Credit scores of institutions by period (信用评分)."""
