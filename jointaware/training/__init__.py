"""Training: batches, the training loop, checkpoints, devices, several processes, pretrained networks."""
