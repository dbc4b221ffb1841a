"""No table is forgotten: every model is listed for purging, or declared free of customers' data."""

from uuid import uuid4

from django.apps import apps
from django.db.models import ForeignKey

from integrations.models.removal import RemovalScope
from integrations.removal.data_map import Hooks, Subject, hooks, tables, without_customers

LISTED = [table.model for table in tables()]


def test_every_model_is_purged_or_declared_free_of_customers_data():
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}

    assert models - set(LISTED) - set(without_customers()) == set()


def test_nothing_is_listed_twice_or_in_both_lists():
    assert len(LISTED) == len(set(LISTED))
    assert set(LISTED) & set(without_customers()) == set()


def test_every_reason_says_something():
    assert all(len(reason) > 20 for reason in without_customers().values())


def test_a_table_that_points_to_others_goes_first():
    """A batch follows no cascade, so a row must be gone before the one it points to."""
    place = {label: number for number, label in enumerate(LISTED)}
    wrong = [
        f"{label}.{field.name} -> {field.related_model._meta.label}"
        for label in LISTED
        for field in apps.get_model(label)._meta.get_fields()
        if isinstance(field, ForeignKey)
        and place.get(field.related_model._meta.label, len(place)) < place[label]
    ]

    assert wrong == []


def test_every_way_to_an_organization_generation_or_member_can_be_asked(db):
    key = uuid4()
    subjects = [
        Subject(RemovalScope.ORGANIZATION, key),
        Subject(RemovalScope.INSTALLATION, key, (key,)),
        Subject(RemovalScope.MEMBER, key, member_id=key),
    ]

    assert [table.rows(subject).count() for table in tables() for subject in subjects] == (
        [0] * 3 * len(LISTED)
    )


def test_a_hook_that_an_app_leaves_out_answers_nothing():
    nobody = Subject(RemovalScope.MEMBER, None)
    quiet = Hooks()
    assert list(quiet.users_of(nobody)) == []
    assert quiet.erase_account("workplace", "1", None) is None
    assert quiet.erase_stranger("workplace", "1") == {}


def test_one_app_answers_each_question_of_the_removal():
    """Two that erased one account would enter two removals, of which the caller hears of one."""
    quiet = Hooks()
    for name in Hooks.__slots__:
        default = getattr(quiet, name)
        assert [getattr(each, name) is not default for each in hooks()].count(True) == 1
