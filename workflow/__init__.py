"""Around the pipeline: rules, parameter schema, profiles. Reads files; nobody imports it."""
