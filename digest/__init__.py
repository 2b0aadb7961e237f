"""A self-hosted daily digest of research papers."""
