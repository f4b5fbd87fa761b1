"""Changes to the text of a spec that keep its comments and layout."""
