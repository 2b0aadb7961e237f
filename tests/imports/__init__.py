"""What is read of other programs' files."""
