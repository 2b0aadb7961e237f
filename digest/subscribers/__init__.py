"""Serve subscribers: sign-up, changes, leaving, and the mail that they send."""
