"""Tests of ledger.monitoring."""
