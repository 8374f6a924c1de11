"""A mapping in a vocabulary that has changed since it was saved."""

from typing import Any

import pytest

from registry.conditions import Vocabulary
from registry.conditions.dataset import checked, still_fitting

WORDS: dict[str, Any] = {
    "visit": {
        "key": "visit_id",
        "fields": {
            "visit_id": {"type": "text"},
            "made_on": {"type": "date", "nullable": True},
            "kind": {"type": "enum", "values": {"shop": "shop", "online": "online"}},
        },
    },
    "shop": {"key": "shop_id", "fields": {"shop_id": {"type": "text"}}},
}
VISIT = {
    "visit_id": {"column": "no"},
    "made_on": {"column": "day", "format": "%Y/%m/%d"},
    "kind": {"fixed": "online"},
}
SHOP = {"table": "shops", "fields": {"shop_id": {"column": "id"}}}
COLUMNS = {"visits": ["no", "day"], "shops": ["id"]}
MAPPING = {"visit": {"table": "visits", "fields": VISIT}, "shop": SHOP}


def without(*names: str) -> dict[str, Any]:
    return {"visit": {"table": "visits", "fields": {k: v for k, v in VISIT.items() if k not in names}}, "shop": SHOP}


def changed(visit: dict[str, Any]) -> dict[str, Any]:
    return {**WORDS, "visit": {**WORDS["visit"], **visit}}


FIELDS = WORDS["visit"]["fields"]
KEY = {"visit_id": FIELDS["visit_id"]}


@pytest.mark.parametrize(
    ("entities", "left"),
    [
        (WORDS, MAPPING),
        (changed({"fields": {**FIELDS, "made_by": {"type": "text", "nullable": True}}}), MAPPING),
        (changed({"fields": KEY}), without("made_on", "kind")),
        (changed({"fields": {**FIELDS, "kind": {"type": "enum", "values": {"shop": "shop"}}}}), without("kind")),
        (changed({"fields": {**FIELDS, "made_on": {"type": "text", "nullable": True}}}), without("made_on")),
        (changed({"key": "number", "fields": {"number": {"type": "text"}}}), {"shop": SHOP}),
        ({"visit": WORDS["visit"]}, {"visit": MAPPING["visit"]}),
    ],
    ids=["nothing", "a field more", "fields", "a fixed value", "a type", "the key", "an entity"],
)
def test_what_the_vocabulary_no_longer_has_is_left_out_and_the_rest_fits(entities: Any, left: Any) -> None:
    vocabulary = Vocabulary.from_mapping({"entities": entities})
    assert still_fitting(MAPPING, vocabulary) == left
    checked(left, vocabulary, COLUMNS)
