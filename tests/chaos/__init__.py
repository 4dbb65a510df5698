"""A deterministic simulation of the product: the real handlers over doubles, a virtual clock and one seed."""
