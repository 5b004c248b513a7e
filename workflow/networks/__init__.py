"""The networks of `jointaware lift`: kept in networks/ with their records, measured, and described by a model card."""
