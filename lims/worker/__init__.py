"""What is done later: handlers of background jobs, one file per subject, and the program that runs them."""
