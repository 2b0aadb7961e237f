"""The service: its loop, its log, and the doctor that finds what would stop mail."""
