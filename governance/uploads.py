"""Stop an upload from filling the disk before anybody can refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.uploadhandler import FileUploadHandler

if TYPE_CHECKING:
    from django.http import HttpRequest


class CappedUpload(FileUploadHandler):
    """Stands before Django's own handlers and drops what exceeds `most` bytes, in all files of a request together.

    What is kept is larger than `most`, so that the service refuses it like any other file that is too large.
    """

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.most = most
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django's signature
        """Pass the chunk on until the limit has been exceeded."""
        kept = self.seen <= self.most
        self.seen += len(raw_data)
        return raw_data if kept else None

    def file_complete(self, file_size: int) -> None:
        """The handlers behind this one make the file."""
