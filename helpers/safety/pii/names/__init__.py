"""Names that a label announces, in letters and in characters."""
