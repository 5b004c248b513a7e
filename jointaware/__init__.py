"""Joint-aware 3D human pose lifting: skeleton, cameras, network, losses, metrics, and readers of motion capture."""
