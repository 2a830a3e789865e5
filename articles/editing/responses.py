"""JSON responses shared by the views of the draft form."""

from django.http import JsonResponse


def error_response(sentence: str, status: int = 400) -> JsonResponse:
    """{"error"}: a sentence for the person."""
    return JsonResponse({"error": sentence}, status=status)
