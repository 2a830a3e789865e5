"""What the views of the form's helpers share."""

from django.http import JsonResponse


def error_response(sentence: str, status: int = 400) -> JsonResponse:
    """{"error"}: a sentence for the person."""
    return JsonResponse({"error": sentence}, status=status)
