"""From predictions to tables: scoring, statistics, comparison, claims, typesetting, figures."""
