"""Heads of the ledger noted outside the database, and the refusal to record when it lacks them."""
