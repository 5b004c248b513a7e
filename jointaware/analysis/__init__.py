"""From predictions to scores, and from the scores of all runs to tables, figures and verdicts. Trains nothing."""
