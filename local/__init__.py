"""The product on one machine: what runs here instead of AWS and Clinicea."""
