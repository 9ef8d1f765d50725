"""Figures: one Altair specification each, for the page and for the PDF."""
