"""The shared layer of the ConVox-Clinicea connector.

Packages, in the order in which they may import one another:
`lookups`, `bookings` → `convox` → `clinicea` → the modules next to this file.
pyproject.toml has the complete contract.
"""
