"""The home page: its blocks and their settings."""
