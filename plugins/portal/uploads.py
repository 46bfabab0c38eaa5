"""Stop an upload from filling the disk before anybody can refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.uploadhandler import FileUploadHandler

if TYPE_CHECKING:
    from django.http import HttpRequest


class CappedUpload(FileUploadHandler):
    """Stands before Django's own handlers and drops what exceeds `most` bytes.

    What is kept is larger than `most`, so that the service refuses it like any other file that is too large.
    """

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.most = most

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass the chunk on until the limit has been exceeded."""
        return raw_data if start <= self.most else None

    def file_complete(self, file_size: int) -> None:
        """The handlers behind this one make the file."""
