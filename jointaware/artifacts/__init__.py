"""What lies between the stages, read and written: parameters, sequences, networks, predictions, scores, records."""
