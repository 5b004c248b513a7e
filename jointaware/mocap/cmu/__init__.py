"""The CMU motion capture database: reader of its ASF/AMC files."""

from jointaware.mocap.cmu.takes import read_take, to_h36m17

__all__ = ["read_take", "to_h36m17"]
