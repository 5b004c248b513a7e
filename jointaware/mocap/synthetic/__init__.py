"""Synthetic motion: seven people who perform the fifteen actions of Human3.6M."""
