"""Look-ups while the caller waits: each flow one module, over one pipeline."""
