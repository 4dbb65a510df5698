"""Look-ups while an agent waits: one module per flow, over one pipeline."""
