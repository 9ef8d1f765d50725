"""How good are we, and the others: comparison rounds."""
