"""Figures of the runs, each drawn from the CSV file beside it."""
