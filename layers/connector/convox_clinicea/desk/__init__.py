"""The desk: what agents see of a call, and how they book."""
