"""A finished reproduction as an RO-Crate: files by digest, and what was run, step by step."""
