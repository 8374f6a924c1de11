"""The declared words: read from YAML, refused with every contradiction, given back as they were."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.conditions import ConditionError, Vocabulary, VocabularyError, classify
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import FIXTURES

ROOT = Path(__file__).parents[2]
GOOD = "entities: {thing: {key: id, fields: {id: {type: int}, size: {type: int, low: 0, high: 9}}}}"


def changed(**field: Any) -> str:
    data = yaml.safe_load(GOOD)
    data["entities"]["thing"]["fields"]["size"] |= field
    return yaml.safe_dump(data)


def test_the_example_vocabulary_holds_what_the_domain_names() -> None:
    assert set(EXAMPLE.entities) == {"lead", "company", "contact", "meeting", "deal"}
    assert EXAMPLE.entity("lead").relations["meetings"].entity == "meeting"
    assert EXAMPLE.paths["deal"] == ((), ("meeting",), ("meeting", "lead"), ("meeting", "lead", "company"))
    for entity in EXAMPLE.entities.values():
        for word in (entity, *entity.fields.values(), *entity.relations.values(), *entity.parents.values()):
            assert all(word.label[lang] for lang in ("ja", "en"))


def test_a_vocabulary_survives_being_exported_and_read_again() -> None:
    text = (FIXTURES / "example" / "vocabulary.yaml").read_text(encoding="utf-8")
    exported = yaml.safe_dump(dict(Vocabulary.from_yaml(text).to_mapping()), allow_unicode=True, sort_keys=False)
    again = Vocabulary.from_yaml(exported)
    assert again == EXAMPLE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("entities: [", "vocabulary_yaml"),
        ("- 1", "vocabulary_shape"),
        (changed(type="money"), "vocabulary_type"),
        (changed(type="enum", low=None, high=None), "vocabulary_values"),
        (changed(low=5, high=1), "vocabulary_bounds"),
        (changed(typical=10), "vocabulary_sample"),
        ("time_zone: Mars/Base\n" + GOOD, "vocabulary_time_zone"),
        (changed(low="abc"), "vocabulary_bounds"),
        (changed(low=float("nan")), "vocabulary_bounds"),
        (changed(high=float("inf")), "vocabulary_bounds"),
        (changed(type="date", low="20x", high=None), "vocabulary_bounds"),
        (changed(type="date", low=None, high=12), "vocabulary_bounds"),
        (changed(type="text", low=None, high=3), "vocabulary_bounds"),
        (changed(type="decimal", scale="x"), "vocabulary_scale"),
        (changed(type="decimal", scale=7), "vocabulary_scale"),
        (changed(examples=5), "vocabulary_list"),
        (changed(synonyms={"a": "b"}), "vocabulary_list"),
        (
            GOOD.replace("low: 0, high: 9", "typical: 2026-13-45").replace("size: {type: int", "size: {type: date"),
            "vocabulary_sample",
        ),
        (GOOD.replace("low: 0", "low: " + "9" * 5_000), "vocabulary_yaml"),
        (GOOD.replace("key: id", "key: id, parents: {b: c}"), "vocabulary_parent"),
        (GOOD.replace("key: id", "key: id, relations: {b: [c]}"), "vocabulary_relation"),
        (GOOD.replace("key: id", "key: &a id, label: *a"), "vocabulary_alias"),
        ("[" * 3_000, "vocabulary_nesting"),
        (GOOD.replace("size", "select"), "vocabulary_name"),
        (GOOD.replace("size", "is_big"), "vocabulary_name"),
        (GOOD.replace("size", "Größe"), "vocabulary_name"),
        (GOOD.replace("key: id", "key: nothing"), "vocabulary_key"),
        (GOOD.replace("key: id", "key: id, parents: {box: {entity: box, link: id}}"), "vocabulary_parent"),
        (
            GOOD.replace("key: id", "key: id, relations: {parts: {entity: part, link: id}}"),
            "vocabulary_relation",
        ),
    ],
)
def test_a_contradiction_is_refused_with_its_place(text: str, code: str) -> None:
    with pytest.raises(VocabularyError) as refused:
        Vocabulary.from_yaml(text)
    assert code in [found.code for found in refused.value.problems]


def test_worked_examples_are_judged_and_unknown_does_not_count() -> None:
    records = [
        ({"company": {"employees": 100}}, True),
        ({"company": {"employees": 99}}, False),
        ({"company": {"employees": None}}, False),
        ({"company": None}, True),
    ]
    found = classify("company.employees >= 100", records, EXAMPLE, "lead", METRICS, AS_OF)
    assert [(each.counts, each.right) for each in found] == [
        (True, True),
        (False, True),
        (None, True),
        (None, False),
    ]


def test_errors_are_one_kind() -> None:
    assert issubclass(VocabularyError, ConditionError)


READ = """
import yaml
{before}
from registry.conditions import Vocabulary, VocabularyError
for text in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, "- " * 100_000, "{{a: " * 30 + "1" + "}}" * 30):
    try:
        Vocabulary.from_yaml(text)
    except VocabularyError as error:
        print(error.problems[0].code)
"""


@pytest.mark.parametrize("before", ["", "vars(yaml).pop('CSafeLoader', None)"], ids=["libyaml", "Python"])
def test_the_deepest_nesting_is_a_sentence_and_not_the_end_of_the_process(before: str) -> None:
    """In a process of its own: libyaml ends it without a word."""
    done = subprocess.run(
        [sys.executable, "-c", READ.format(before=before)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["vocabulary_nesting"] * 4


def test_days_are_read_as_they_are_written() -> None:
    text = changed(type="date", low="2020-01-01", high=None, typical="2026-04-10").replace("'", "")
    word = Vocabulary.from_yaml(text).entity("thing").fields["size"]
    assert (word.type.low, word.typical) == (date(2020, 1, 1).toordinal(), date(2026, 4, 10))
