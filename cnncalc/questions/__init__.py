"""What people ask of a network beyond one report: one file per question."""
