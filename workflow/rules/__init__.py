"""Rules of Snakemake, and why their jobs failed."""
