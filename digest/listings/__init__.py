"""Listings: what is new in one, which records are one work, and the sources that read them."""
