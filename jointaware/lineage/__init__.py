"""The lineage of a number: from a cell of a table to the files it was made from."""
