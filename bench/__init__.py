"""Benchmarks of the product, on AWS's own runtime client and emulator."""
