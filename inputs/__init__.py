"""Inputs from outside: bounds on markup, archives and XML before they are parsed; visible text."""
