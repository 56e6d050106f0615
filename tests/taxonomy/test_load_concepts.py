"""The shipped thesaurus comes into the table, and a later one too; what editors wrote stays."""

from dataclasses import replace

import pytest

from sharing.actors import SYSTEM
from sharing.taxonomy import thesaurus
from sharing.taxonomy.actions import Wording, change_concept, load_concepts
from sharing.taxonomy.models import Concept

pytestmark = pytest.mark.django_db
KEY = "data-protection-officer"


def shipped(key=KEY):
    return next(meaning for meaning in thesaurus.shipped() if meaning.key == key)


def test_the_table_says_what_ships():
    # Look-alikes go both ways in the table, whichever of the two says so in the file.
    there, given = (
        {meaning.key: replace(meaning, apart=frozenset()) for meaning in some}
        for some in (Concept.objects.meanings(), thesaurus.shipped())
    )
    assert there == given


def test_loading_again_changes_nothing():
    before = Concept.objects.stamp()
    assert load_concepts() == 0
    assert Concept.objects.stamp() == before


def test_what_ships_with_new_words_gets_them_and_matching_notices():
    Concept.objects.filter(key=KEY).update(needs=["ein alter Satz"], foreign_needs=[])
    before = Concept.objects.stamp()
    assert load_concepts() == 0
    concept = Concept.objects.get(key=KEY)
    assert (tuple(concept.needs), tuple(concept.foreign_needs)) == (shipped().needs, shipped().foreign_needs)
    assert Concept.objects.stamp() != before


def test_what_an_editor_has_changed_stays():
    concept = Concept.objects.get(key=KEY)
    change_concept(concept.id, Wording(term=concept.term, needs=("Eine für alle",)), by=SYSTEM)
    load_concepts()
    concept.refresh_from_db()
    assert concept.needs == ["Eine für alle"]


def test_what_somebody_deleted_comes_back_with_its_look_alikes():
    Concept.objects.filter(key=KEY).delete()
    assert load_concepts() == 1
    meaning = Concept.objects.get(key=KEY).meaning
    assert meaning.apart == shipped().apart
    assert meaning.broader == shipped().broader


def test_needs_in_other_languages_are_no_names():
    assert shipped().foreign_needs
    assert not set(shipped().foreign_needs) & set(shipped().names)
    assert set(shipped().foreign_needs) <= set(shipped().abroad)
