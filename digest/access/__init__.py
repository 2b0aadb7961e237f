"""Know a subscriber: addresses, signed tokens, and the links that carry them."""
