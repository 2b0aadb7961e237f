"""Access for subscribers: their addresses, signed tokens, and links with tokens."""
