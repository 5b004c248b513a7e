"""What lies between stages, read and written: parameters, sequences, networks, predictions, scores, records."""
