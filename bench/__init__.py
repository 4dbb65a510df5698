"""How fast the product is, measured on AWS's own runtime client and emulator."""
