"""Lifting the keypoints of a real video: normalisation, chunks and streams, the path of the root, and the floor."""
