"""The home page: its blocks, and the settings of each block."""
