"""The shared layer of the ConVox-Clinicea connector.

Rooms, in the order in which they may import one another:
`convox` → `patients`, `bookings` → `clinicea` → the modules beside this file.
"""
