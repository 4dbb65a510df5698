"""The HTTP API for ConVox: requests, answers and errors."""
