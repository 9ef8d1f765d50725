"""Settings: read from the environment once, by the roof and the commands; passed down as values."""
