"""Issues: when an issue is due, and which papers it contains."""
