"""One module per pipeline stage, each a plain command: read, call, write."""

import os

# PyTorch's threads wait for each other by spinning, which costs nothing on an idle machine and most of the speed on one
# that several runs share. This must be said before PyTorch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
