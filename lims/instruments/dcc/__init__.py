"""The PTB's Digital Calibration Certificate (DCC): one XML document in, what it says of one instrument out."""
