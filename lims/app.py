"""The roof: the only place that wires settings, database, faces and jobs together."""
