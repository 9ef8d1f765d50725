"""A laboratory information management system for metrologists: from an item at the desk to a signed report."""
