"""The page of the demo and of the studies that is in git."""
