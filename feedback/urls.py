"""Addresses of the letter box: the form, and what became of a letter."""

from django.urls import path, re_path

from feedback import views
from feedback.models import LETTERS, RECEIPT_LENGTH

urlpatterns = [
    path("", views.write, name="feedback"),
    re_path(rf"^(?P<receipt>[{LETTERS}]{{{RECEIPT_LENGTH}}})/$", views.letter, name="feedback-letter"),
]
