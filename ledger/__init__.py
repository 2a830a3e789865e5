"""The ledger: hash chain, signing keys, seals, verification. Knows nothing of articles."""
