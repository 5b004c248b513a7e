"""One module per pipeline stage, each a plain command: read, call, write."""
