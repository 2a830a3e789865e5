"""Content versions, which change with the rows they cover, and values cached for as long as a version."""
