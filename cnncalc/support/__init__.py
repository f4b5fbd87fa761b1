"""Small helpers that know nothing of networks: reading and writing numbers, did-you-mean, the process."""
