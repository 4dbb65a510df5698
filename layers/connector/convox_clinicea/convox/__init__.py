"""The outward face towards ConVox: what it sends, what it gets, and the shape of every error."""
