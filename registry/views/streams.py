"""Files of any length, sent line by line in the reader's language, and safe to open in a spreadsheet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation

from registry.forms.filters import Filter
from registry.views.request import Request

# What spreadsheets take for the beginning of a formula, in half and in full width.
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
UTF8_MARK = "\ufeff"  # by which spreadsheets here know Japanese


def file_or_page(
    request: Request,
    asked: Filter,
    files: Mapping[str, Callable[[], HttpResponseBase]],
    page: Callable[[], HttpResponse],
) -> HttpResponseBase:
    """The file that `?format=` names, or else the page.

    A file cannot say that a part of its address was not understood, so it would pass for the answer to another
    question: then the page says it, with 422.
    """
    file = files.get(request.GET.get("format", ""))
    if file is None:
        return page()
    if asked.is_valid():
        return file()
    response = page()
    response.status_code = 422
    return response


def streamed(lines: Iterable[str], content_type: str, filename: str) -> StreamingHttpResponse:
    """The lines as a file, each asked for only when the one before has been sent."""
    response = StreamingHttpResponse(
        _spoken(lines, translation.get_language() or "ja"), content_type=f"{content_type}; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table for spreadsheets, whose cells are never taken for formulas."""
    writer = csv.writer(_Echo())
    yield UTF8_MARK + writer.writerow(head)
    for row in rows:
        yield writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])


def safe_cell(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in _FORMULA else value


class _Echo:
    def write(self, line: str) -> str:
        return line


def _spoken(lines: Iterable[str], language: str) -> Iterator[str]:
    """In the language of the request, which has ended by the time a stream is read."""
    told = iter(lines)
    while True:
        with translation.override(language):
            line = next(told, None)
        if line is None:
            return
        yield line
