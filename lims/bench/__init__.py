"""The bench agent: talks to instruments, spools readings, sends them up. No database, no web framework."""
