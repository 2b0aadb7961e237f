"""Groups of commands that have a file of their own; ``cli`` takes each in with one line."""
