"""Sentences in the reader's language from the message catalogues, for pages, reports, mails and jobs alike."""
