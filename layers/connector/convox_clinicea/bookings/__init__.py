"""Bookings: from an agent's request to exactly one appointment in Clinicea's calendar."""
