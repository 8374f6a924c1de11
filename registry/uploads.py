"""Uploads are bounded while they arrive: nothing larger than GOI_UPLOAD_MEGABYTES ever lies on the disk."""

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

MARK = "goi.upload_too_large"


class BoundedUpload(TemporaryFileUploadHandler):
    """Takes every file to the disk and stops at the limit for all files of a request together."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MEGABYTES * 2**20:
            if self.request is not None:
                self.request.META[MARK] = True
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)


def too_large(request: HttpRequest) -> bool:
    """Whether the request brought more than may be uploaded, so that its files are missing."""
    return bool(request.META.get(MARK))
