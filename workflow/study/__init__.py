"""Studies: what a set of parameters found, kept with its scores, and the pages that tell it."""
