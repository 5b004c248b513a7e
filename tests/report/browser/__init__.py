"""The report as a reader has it."""
