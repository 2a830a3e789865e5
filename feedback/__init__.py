"""Letters from visitors: the form, the receipt, answers at the desk."""
