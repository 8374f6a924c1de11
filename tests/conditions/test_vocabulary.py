"""The declared words: read from YAML, refused with every contradiction, given back as they were."""

from typing import Any

import pytest
import yaml

from registry.conditions import ConditionError, Vocabulary, VocabularyError, classify
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import FIXTURES

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
