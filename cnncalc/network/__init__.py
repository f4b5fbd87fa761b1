"""How layers are arranged: the structure a spec describes, and the graph of nodes it resolves to."""
