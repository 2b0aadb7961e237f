"""Measurements, run by hand: ``python -m bench NAME``.  Nothing here is part of the program."""
