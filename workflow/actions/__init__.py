"""Services of the workflow: one transaction each. workflow.services lists the public ones."""
