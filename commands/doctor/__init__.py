"""`./connector doctor`: checks the assumptions about Clinicea on one account, and corrects the call table."""
