"""Commands for operators, against the deployed stack or the one that `make run` serves."""
