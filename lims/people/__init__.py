"""Who: persons, rights, signatures, branches, clients."""
