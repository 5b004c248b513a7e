"""A learned smoother of predicted joints: the network on a window, and whole sequences by sliding windows."""
