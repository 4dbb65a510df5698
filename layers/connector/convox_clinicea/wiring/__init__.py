"""Builds collaborators from settings, for the functions' `app.py` and for commands; a module for each that is built.

A function imports the modules that it needs: what a booking takes costs no look-up a cold start.
"""
