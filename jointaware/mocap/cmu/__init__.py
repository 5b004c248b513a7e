"""The CMU motion capture database: its ASF/AMC files as takes."""

from jointaware.mocap.cmu.takes import read_take, to_h36m17

__all__ = ["read_take", "to_h36m17"]
