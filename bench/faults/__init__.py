"""Faults that people, disks and files really have: each is tried on a tiny checkout, and none may change a number."""
