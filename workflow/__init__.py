"""Editorial workflow: pipelines, rounds, decisions, publishing; the desk of staff."""
