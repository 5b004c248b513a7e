"""Where motion comes from: one module per source, bytes to arrays in metres."""
