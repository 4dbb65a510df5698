"""Requests as they arrive, in the contract's canonical names; a module for each flow, so that none loads another's."""
