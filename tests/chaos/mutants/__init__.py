"""Mutants: the product with one safeguard taken out each, and the runs that must notice it."""
