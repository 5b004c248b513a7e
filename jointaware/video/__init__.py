"""From the keypoints of a video to 3D: the command `jointaware lift`, what it writes, and streams."""
