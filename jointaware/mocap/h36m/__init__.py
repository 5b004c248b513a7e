"""Human3.6M, which the user brings: 3D positions in every form, and detected keypoints."""
