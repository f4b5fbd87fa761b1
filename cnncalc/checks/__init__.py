"""Reports compared with something: expectations, budgets, an earlier version, a set of files."""
