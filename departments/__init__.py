"""Departments and columns, roles, memberships; who may do what."""
