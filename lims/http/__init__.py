"""What web and api share: current person, declared right, request id, errors."""
