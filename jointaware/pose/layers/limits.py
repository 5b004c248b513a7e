"""Limits of the temporal convolutional network, far beyond what is useful; they bound what a small file can ask for.

PyTorch is not imported, so that parameters are checked quickly.
"""

MAX_LAYERS = 100
"""Temporal convolutions."""
MAX_RECEPTIVE_FIELD = 100_000
"""Frames; half an hour at 50 frames/s. Lifting pads every sequence by as many."""
