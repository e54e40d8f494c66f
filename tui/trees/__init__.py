"""Trees as values, of any size: what is folded is neither made nor drawn."""
