"""Quantities, models, uncertainty, rounding and conformity: pure computation (numpy, scipy, pint)."""
