"""Networks that lift 2D keypoints to 3D joints, by the interface in `jointaware.pose.lifting`."""
