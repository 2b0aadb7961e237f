"""Listings: their sources, what is new in them, and which records are the same work."""
