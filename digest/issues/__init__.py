"""Issues: when one is due, and what goes in."""
