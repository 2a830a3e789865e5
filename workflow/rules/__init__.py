"""Rules of the workflow: transitions, states, authorization, visibility."""
