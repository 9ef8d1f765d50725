"""What came out: acquisitions, readings, results, review, holds."""
