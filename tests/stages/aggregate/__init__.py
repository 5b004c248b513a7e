"""The stage that combines all runs."""
