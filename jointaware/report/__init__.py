"""The report: one HTML page of tables, traces, figures and a skeleton player."""
