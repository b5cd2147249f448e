"""What the Bot API answers when it refuses."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal, with the code and the words of the real API.

    Attributes:
        retry_after: seconds to wait, for code 429 only.
    """

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def body(self) -> dict[str, object]:
        """The JSON answer."""
        answer: dict[str, object] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            answer["parameters"] = {"retry_after": self.retry_after}
        return answer


def bad_request(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")
