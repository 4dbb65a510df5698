"""A ConVox simulator: plays a call centre's calls over the connector's API, with the client's access token.

ConVox itself is at hand nowhere. What is sent has the names of the dialect that is packed with the layer.
"""

ENVIRONMENT = ("CONVOX_HEADER", "CONVOX_TOKEN")
"""Variables with the access token's header and value: a program's arguments are visible to everybody."""
