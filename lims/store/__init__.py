"""What every subject stands on: tables' base, embedded server, audit, files, numbering, states, jobs, outbox."""
