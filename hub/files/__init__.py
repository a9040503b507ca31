"""Evidence as files: one row a file (`tables`), from the first byte of its upload to its end."""
