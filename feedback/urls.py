"""URLs of letters: the form, and the receipt page."""

from django.urls import path, re_path

from feedback import views
from feedback.models import RECEIPT_ALPHABET, RECEIPT_LENGTH

urlpatterns = [
    path("", views.letter_form, name="feedback"),
    re_path(rf"^(?P<receipt>[{RECEIPT_ALPHABET}]{{{RECEIPT_LENGTH}}})/$", views.letter_status, name="feedback-letter"),
]
