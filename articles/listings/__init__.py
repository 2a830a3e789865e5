"""Listings of departments: which publications they show, in what order, on which page, and how many."""
