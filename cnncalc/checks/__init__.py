"""A report held against something: expectations, budgets, an earlier version, another framework, a set of
files.
"""
