"""On what: jobs, items, lines, custody."""
