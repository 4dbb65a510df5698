"""The functions over an AWS account in this process and a fake Clinicea on a socket."""
