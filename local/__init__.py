"""The product on one machine, with substitutes for AWS and Clinicea."""
