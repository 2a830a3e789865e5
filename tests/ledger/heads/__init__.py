"""Tests of the heads noted outside the database."""
