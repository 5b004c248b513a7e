"""Mathematics of lifting on tensors: no files, no parameters, no prints."""
