"""Results as text: one file per format, all of them fed by reports and never by what computes them."""
