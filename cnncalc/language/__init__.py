"""The spec language: text read into models, and specs edited, checked and written as text."""
