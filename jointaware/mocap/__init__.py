"""Sources of motion: readers from files to arrays in metres, camera views, a simulated detector."""
