"""Figures of the results, each drawn from the CSV file beside it."""
