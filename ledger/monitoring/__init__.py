"""Alarms, and notes of when a check last ran: sealed rows that files outside the database repeat."""
