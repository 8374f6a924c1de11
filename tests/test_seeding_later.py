"""The example registry, made in another year: the story's past stays, what is open is open still."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from registry import clock
from registry.models import Event, Proposal, User
from registry.seeding import story
from registry.seeding.content import Content


@pytest.mark.parametrize("years", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_a_registry_made_later_has_proposals_that_can_still_be_sealed(db: None, years: int):
    with time_machine.travel(clock.now() + timedelta(days=365 * years), tick=False):
        story.tell(Content(), "sakura-no-hana-7")
        reader = Client()
        reader.force_login(User.objects.get(username="suzuki"))
        waiting, objected_to = Proposal.objects.in_review().order_by("pk")
        assert reader.get(f"/proposals/{waiting.pk}/sign-offs/?team=sales").status_code == 200
        assert min(waiting.effective_from, objected_to.effective_from) > clock.today()
        assert Event.objects.latest("sequence").at <= clock.now()
