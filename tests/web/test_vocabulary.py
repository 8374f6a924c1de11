"""Recording the vocabulary: typed or as a file, and refused with what to change, whatever is in it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.models import VocabularyVersion
from registry.workflow.vocabulary import MAX_SOURCE
from tests.cast import Cast

GOOD = "entities: {thing: {label: {ja: もの, en: thing}, key: id, fields: {id: {type: int}, size: {type: int}}}}\n"


@pytest.fixture
def steward(client: Client, cast: Cast) -> Client:
    client.force_login(cast.megumi)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def record(client: Client, source: str = "", file: bytes | None = None) -> Any:
    given: dict[str, Any] = {"source": source, "reason": "The words of the example."}
    if file is not None:
        given["file"] = SimpleUploadedFile("vocabulary.yaml", file)
    return client.post("/vocabulary/change/", given)


def recorded() -> list[str]:
    return list(VocabularyVersion.objects.values_list("source", flat=True))


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("{type: int, low: abc}", "thing.size: the bounds do not fit"),
        ("{type: int, low: .nan}", "thing.size: the bounds do not fit"),
        ("{type: decimal, scale: x}", "thing.size: the scale is a whole number"),
        ("{type: int, examples: 5}", "thing.size: “examples” is a list"),
        ("{type: date, typical: 2026-13-45}", "thing.size: the sample “2026-13-45”"),
        ("[" * 3_000, "levels are nested here"),
    ],
)
def test_what_is_no_vocabulary_is_a_sentence_at_its_place(steward: Client, size: str, said: str):
    response = record(steward, GOOD.replace("{type: int}}", f"{size}}}"))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert recorded() == []


def test_a_file_replaces_what_is_typed(steward: Client):
    assert record(steward, "something else", b"\xef\xbb\xbf" + GOOD.encode()).status_code == 302
    assert recorded() == [GOOD]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (GOOD.replace("type: int", "type: money").encode(), "is not a type"),
        (GOOD.encode("cp932"), "The file is not UTF-8"),
        (b"", "Write the vocabulary, or choose a file."),
        (b"#" * (4 * MAX_SOURCE + 1), f"longer than {MAX_SOURCE} characters"),
    ],
    ids=["no type", "Shift_JIS", "empty", "too large"],
)
def test_a_file_is_refused_as_a_text_is(steward: Client, file: bytes, said: str):
    response = record(steward, GOOD, file)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert recorded() == []


def test_a_refused_file_is_shown_to_be_mended(steward: Client):
    assert "type: money" in record(steward, "", GOOD.replace("type: int", "type: money").encode()).content.decode()
