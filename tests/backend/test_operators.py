"""The operators' pages: what is changed by form there is told of as what is changed elsewhere."""

import pytest
from django.test import Client

from sharing.models import Event, Member, Organisation
from sharing.taxonomy.actions import load_concepts
from sharing.taxonomy.models import Concept
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    member = Member.objects.create(email="betrieb@allmende.example", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(member)
    return client


def posted(client, address, field, value):
    """The form as it is shown, with one field changed; inlines stay as they are."""
    page = client.get(address)
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    inlines = [form for formset in formsets for form in (formset.management_form, *formset.forms)]
    forms = [page.context["adminform"].form, *inlines]
    data = {bound.html_name: bound.value() for form in forms for bound in form if bound.value() is not None}
    lists = {name: ",".join(text) for name, text in data.items() if isinstance(text, list) and name != "not_same_as"}
    answer = client.post(address, {**data, **lists, field: value})
    assert answer.status_code == 302, answer.context["adminform"].errors


def test_a_concept_that_an_operator_edits_is_told_of_and_a_new_version_leaves_it_alone(operator):
    concept = Concept.objects.filter(key="data-protection-officer").get()
    posted(operator, f"/operators/sharing/concept/{concept.id}/change/", "needs", "Eine für alle")
    assert Event.objects.filter(kind="concept.changed", subject_id=concept.id).count() == 1
    load_concepts()
    concept.refresh_from_db()
    assert concept.needs == ["Eine für alle"]


def test_a_municipality_that_an_operator_moves_is_told_of(operator):
    town = factories.town()
    posted(operator, f"/operators/sharing/organisation/{town.id}/change/", "latitude", "51.5")
    assert Organisation.objects.get(id=town.id).latitude == 51.5
    assert Event.objects.filter(kind="organisation.changed", subject_id=town.id).count() == 1
