"""What all Lambdas share towards Clinicea: one session, and one pace."""
