"""Everybody can use every page: in both languages, light and dark, on a desk and on a phone."""

from itertools import product

import pytest
from django.urls import URLPattern, resolve

from registry import urls
from tests.browser import axe
from tests.browser.conftest import Window
from tests.browser.pages import PAGES, Shown

pytestmark = pytest.mark.browser

type Look = tuple[str, str, int]

WIDE, PHONE, SMALLEST = 1280, 360, 320
LOOKS: list[Look] = list(product(("ja", "en"), ("light", "dark"), (WIDE, PHONE)))
OPPOSITES: list[Look] = [("ja", "light", PHONE), ("en", "dark", WIDE)]
# Nobody opens these addresses to read: they take what a form sends, or answer machines.
NO_PAGES = {
    "ledger",
    "ledger_key",
    "continuation",
    *(
        "condition",
        "reading",
        "proposal_metrics",
        "metric_removal",
        "contributors",
        "uninvite",
        "objections",
        "closing",
        "comments",
    ),
    "feed",
    "secret_feed",
    *("withdrawal", "rejection", "break_glass", "glass_withdrawal", "glass_confirmation"),
    *("sign_in_again", "sign_out", "demo_door"),
    *(
        "language",
        "delegations",
        "delegation_ending",
        "person_delegations",
        "person_delegation_ending",
        "person_profile",
        "person_password",
        "memberships",
    ),
    *("person_delegations", "person_delegation_ending"),
    *("membership_ending", "stewardship", "deactivation", "reactivation", "team_names", "stage", "revisions"),
    *("answers", "livez", "readyz"),
    *("counts", "metric_counts", "vocabulary_proposals", "vocabulary_removal"),
    *("dismissals", "carried_vocabulary"),  # opened by a link: "advice left aside", "vocabulary of a draft"
    *("mapping_removal", "dataset_readings", "dataset_choice", "conformance_csv"),
}


@pytest.mark.slow
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_every_page_meets_wcag_2_2_aa(shown: Shown, signed_in: Window, site: str):
    faults = look_at(shown, OPPOSITES, signed_in, site)
    assert not faults, "\n".join(faults)


@pytest.mark.nightly
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_every_page_meets_wcag_2_2_aa_however_it_is_looked_at(shown: Shown, signed_in: Window, site: str):
    faults = look_at(shown, [look for look in LOOKS if look not in OPPOSITES], signed_in, site)
    assert not faults, "\n".join(faults)


def test_no_page_is_forgotten():
    named = {each.name for each in urls.urlpatterns if isinstance(each, URLPattern)}
    opened = {resolve(shown.address.partition("?")[0]).url_name for shown in PAGES}
    assert named - NO_PAGES - opened == set()


def look_at(shown: Shown, looks: list[Look], signed_in: Window, site: str) -> list[str]:
    """Whatever is wrong with the page in one of the looks, with the look in front."""
    faults = []
    for language in dict.fromkeys(look[0] for look in looks):
        person = signed_in(shown.who, language)
        heard = axe.Watch(person.page, site).heard
        shown.open(person)
        for _language, scheme, width in (look for look in looks if look[0] == language):
            person.page.emulate_media(color_scheme=scheme)
            person.page.set_viewport_size({"width": width, "height": 800})
            found = [*axe.violations(person.page), *axe.sticking_out(person.page), *axe.moving(person.page)]
            faults += [f"{language}, {scheme}, {width} px: {each}" for each in found]
        person.page.set_viewport_size({"width": SMALLEST, "height": 800})
        faults += [f"{language}: {each}" for each in (*axe.sticking_out(person.page), *heard)]
        person.page.close()
    return faults
