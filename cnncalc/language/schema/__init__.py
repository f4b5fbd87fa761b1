"""The JSON Schema of a spec file, derived from the vocabulary."""
