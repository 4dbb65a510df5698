"""`./connector doctor`: whether what is assumed about Clinicea holds for one account, and the call table that does."""
