"""What the fake Clinicea does, as far as anybody knows that the real one does it."""
