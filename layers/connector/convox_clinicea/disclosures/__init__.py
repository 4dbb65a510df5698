"""The record of who was shown what: one entry for each time a patient's data is handed out, never the data."""
