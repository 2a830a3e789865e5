"""People who sign in: accounts, sign-in, lockout."""
