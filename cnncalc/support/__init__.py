"""Small helpers that know nothing of networks: numbers read and said, names guessed, the process."""
