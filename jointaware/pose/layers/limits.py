"""Limits of the networks, far beyond what is useful; they bound what a small file can ask for.

PyTorch is not imported, so that parameters are checked quickly.
"""

MAX_LAYERS = 100
"""Temporal convolutions, or layers of a transformer."""
MAX_RECEPTIVE_FIELD = 100_000
"""Frames; half an hour at 50 frames/s. Lifting pads every sequence by as many."""
MAX_CLIP_FRAMES = 10_000
"""Frames that attend to one another; the time that takes grows with their square."""
MAX_MLP_RATIO = 64
"""Hidden features of a transformer's perceptrons, relative to its channels."""
