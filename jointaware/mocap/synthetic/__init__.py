"""Synthetic motion: seven subjects perform the fifteen actions of Human3.6M."""

from jointaware.mocap.synthetic.takes import SUBJECTS, synthesize

__all__ = ["SUBJECTS", "synthesize"]
