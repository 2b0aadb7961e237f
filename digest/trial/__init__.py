"""A profile tried on past days: its width, why and why not, and what it might look for."""
