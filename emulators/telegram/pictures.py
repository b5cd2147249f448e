"""Uploaded pictures: decoded in full, because Telegram does, and refuses what it cannot decode."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from emulators.telegram.errors import ApiError, bad_request

_LARGEST = 10 * 1024 * 1024  # bytes
_MIME = {"PNG": "image/png", "JPEG": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was uploaded; Telegram would make JPEGs of several sizes of it."""

    file_id: str
    content: bytes
    mime: str
    width: int
    height: int

    def sizes(self) -> list[dict[str, object]]:
        """The array of PhotoSize of a message."""
        return [
            {
                "file_id": self.file_id,
                "file_unique_id": self.file_id[:16],
                "file_size": len(self.content),
                "width": self.width,
                "height": self.height,
            }
        ]


def picture(content: bytes) -> Picture:
    """The picture in `content`.

    Raises:
        ApiError: it is too large, no PNG or JPEG, broken, or of a shape that Telegram refuses.
    """
    if len(content) > _LARGEST:
        raise ApiError(413, "Request Entity Too Large")
    try:
        with Image.open(BytesIO(content), formats=tuple(_MIME)) as image:
            image.load()
            width, height, kind = image.width, image.height, image.format
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    assert kind is not None, "the file was opened as one of the formats"
    return Picture(hashlib.sha256(content).hexdigest(), content, _MIME[kind], width, height)
