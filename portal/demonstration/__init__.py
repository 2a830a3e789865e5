"""Demonstration content: made-up articles, accounts, pictures and documents."""
