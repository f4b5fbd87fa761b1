"""Networks from other formats: each importer turns a file into items, which become the text of a spec."""
