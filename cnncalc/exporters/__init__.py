"""Networks written in other forms: one file or folder per form, read from the analysed network."""
