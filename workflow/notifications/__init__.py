"""Notifications: recipients, texts, delivery by mail and webhook, inbox, reminders."""
