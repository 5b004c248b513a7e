"""From a cell of a table back to the bytes behind it."""
