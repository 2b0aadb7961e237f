"""Mail that comes in: what it is, and what is done about it.

    bytes ─▶ incoming ─▶ returned (a bounce, a complaint) | commands ─▶ receive ─▶ store, letters

``incoming``, ``returned`` and ``commands`` only read; ``receive`` acts, through the store, and
answers by letters; ``mailbox`` fetches by IMAP.
"""
