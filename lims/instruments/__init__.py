"""With what: the register, drivers, transport, readings and certificates of instruments."""
