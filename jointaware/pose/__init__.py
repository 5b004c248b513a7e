"""The mathematics of lifting, as functions and modules on tensors: no files, no parameters, no prints."""
