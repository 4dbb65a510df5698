"""Look-ups while the caller waits: who is calling, and what was done at the last visits."""
