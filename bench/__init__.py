"""Measured speed, as data: each program writes its CSV to bench/results."""
