"""Sources of motion: readers from files to arrays in metres, the cameras that see the motion, a simulated detector."""
