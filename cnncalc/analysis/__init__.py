"""The one pass over a network, and the report it makes."""
