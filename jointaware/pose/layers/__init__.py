"""Layers of the temporal convolutional network: convolution, batch normalisation, dropout; and limits of networks."""
