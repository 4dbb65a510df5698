"""Bookings, on an AWS account in this process."""
