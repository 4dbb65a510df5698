"""The desk: the pages on which an agent sees who is calling, and books."""
