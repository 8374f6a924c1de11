"""One act with what it changed, word by word: who may see it, and that it comes alone to htmx."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from registry.models import Event
from registry.seeding.content import Content
from registry.workflow import datasets, people, submitting, vocabulary
from tests.cast import Cast, drafted, in_review, published, revised, sealed, write
from tests.data import MAPPING, declare, kept

SOURCE = Content().vocabulary

HTMX = {"HX-Request": "true"}


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.takuya)
    return client


def last(act: str) -> Event:
    return Event.objects.filter(act=act).latest("sequence")


def words(client: Client, act: str) -> str:
    """What the page of the newest such act says, which is also what the fragment says."""
    address = f"/history/{last(act).sequence}/"
    page, part = client.get(address), client.get(address, headers=HTMX)
    assert (page.status_code, part.status_code) == (200, 200)
    said = part.content.decode()
    assert "<html" not in said
    assert said.strip() in page.content.decode()
    return said


def test_a_publication_shows_what_it_changed_word_by_word(reader: Client, cast: Cast):
    published(cast, "target_lead", "meeting")
    said = words(reader, "published")
    assert "Target leads" in said
    assert "Meetings" in said
    assert "<del>People to whom the condition applies</del><ins>" in said
    assert "/metrics/target_lead/compare/1...2/" in said


def test_a_revision_is_compared_with_the_one_before_and_the_first_with_what_is_in_force(reader: Client, cast: Cast):
    proposal = in_review(cast)
    assert "<del>People to whom the condition applies</del>" in words(reader, "submitted")
    revised(proposal, by=cast.misaki)
    said = words(reader, "resubmitted")
    assert "<del>People to whom" not in said
    assert f"/proposals/{proposal.pk}/revisions/1...2/" in said


def test_a_team_that_is_renamed_shows_both_names(reader: Client, cast: Cast):
    cast.sales.name_en = "Field force"
    people.change_team(cast.sales, by=cast.megumi)
    assert "<del>Sales</del><ins>Field force</ins>" in words(reader, "team_changed")


def test_a_profile_shows_what_was_changed_in_it(reader: Client, cast: Cast):
    people.change_profile(cast.kenta, by=cast.kenta, values={"name_en": "Ken Sato"})
    assert "<del>Kenta</del><ins>Ken</ins> Sato" in words(reader, "profile_changed")


def test_a_vocabulary_is_compared_with_the_one_before(reader: Client, cast: Cast):
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")
    assert "<del>" not in words(reader, "vocabulary_changed")
    vocabulary.change_vocabulary(SOURCE + "# 注記\n", by=cast.megumi, reason="注記を足す")
    said = words(reader, "vocabulary_changed")
    assert "<ins># 注記" in said
    assert "<del>" not in said


def test_a_carried_vocabulary_is_its_writers_own_until_it_is_submitted(reader: Client, cast: Cast):
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")
    proposal = drafted(cast, by=cast.megumi)
    write(proposal, by=cast.megumi, change={"target_lead": {"condition": "relation = 'prospect'"}})
    vocabulary.carry(proposal, source=SOURCE + "# 注記\n", by=cast.megumi)
    reader.force_login(cast.megumi)
    assert "<ins># 注記" in words(reader, "vocabulary_carried")
    address = f"/history/{last('vocabulary_carried').sequence}/"
    submitting.submit(proposal, by=cast.megumi)
    reader.force_login(cast.takuya)
    assert "<ins># 注記" not in reader.get(address).content.decode()
    assert "<ins># 注記" in words(reader, "submitted")
    sealed(cast, proposal)
    assert "<ins># 注記" in words(reader, "published")


def test_a_mapping_is_compared_with_the_one_before(reader: Client, cast: Cast, tmp_path: Path):
    declare(cast)
    crm = kept(cast, tmp_path)
    fields = {**MAPPING["lead"]["fields"], "relation": {"fixed": "prospect"}}
    datasets.map_dataset(crm, mapping={"lead": {"table": "leads", "fields": fields}}, by=cast.megumi)
    assert "fixed</ins>" in words(reader, "dataset_mapped")


def test_what_was_written_into_a_draft_is_its_writers_own(reader: Client, cast: Cast):
    proposal = in_review(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"summary_en": "Not submitted yet"}})
    address = f"/history/{last('draft_saved').sequence}/"
    assert "Not submitted yet" not in reader.get(address).content.decode()
    assert reader.get(address, headers=HTMX).status_code == 404
    assert f'hx-get="{address}"' not in reader.get("/history/").content.decode()
    reader.force_login(cast.misaki)
    assert "Not submitted yet" in words(reader, "draft_saved")
    assert f'hx-get="{address}"' in reader.get("/history/").content.decode()


def test_an_act_on_a_hidden_draft_does_not_exist_for_others(reader: Client, cast: Cast):
    drafted(cast)
    address = f"/history/{last('draft_saved').sequence}/"
    assert reader.get(address).status_code == 404
    reader.force_login(cast.misaki)
    assert reader.get(address).status_code == 200


def test_every_line_with_words_leads_to_them_without_a_script(reader: Client, cast: Cast):
    published(cast)
    page = reader.get("/history/").content.decode()
    address = f"/history/{last('submitted').sequence}/"
    assert f'href="{address}"' in page
    assert f'id="words-{last("submitted").sequence}"' in page


def test_an_act_without_words_has_a_page_all_the_same(reader: Client, cast: Cast):
    published(cast)
    event = last("sealed")
    page = reader.get(f"/history/{event.sequence}/").content.decode()
    assert "sealed “Reword it” for Sales" in page
    assert "Word by word" not in page
    assert reader.get("/history/999999/").status_code == 404


def test_comparing_takes_few_queries(reader: Client, cast: Cast, django_assert_max_num_queries: Any):
    published(cast, "target_lead", "meeting")
    address = f"/history/{last('published').sequence}/"
    with django_assert_max_num_queries(10):
        reader.get(address)
