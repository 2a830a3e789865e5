"""The checks of the verify command: the chain, the schema, and those that other apps register."""
