"""Studies: what a set of parameters found, kept with its scores, and a page that tells it."""
