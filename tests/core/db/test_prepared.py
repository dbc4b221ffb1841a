"""A question whose SQL is made once answers like the query it was made of."""

from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Link
from core.db.prepared import Prepared, PreparedModels
from tests.factories import make_link

pytestmark = pytest.mark.django_db


def links_of(member: str):
    found = Link.objects.filter(member__ovice_id=member, removed_at=None)
    return found.values_list("pk", "linked_at", "installation__state")


def test_each_question_gets_its_own_answer():
    asked, links = Prepared(links_of), [make_link(), make_link()]
    answers = [asked.rows(member=link.member.ovice_id) for link in links]
    assert answers == [[(link.pk, link.linked_at, "active")] for link in links]


def test_the_answer_is_in_pythons_types():
    ((pk, linked_at, state),) = Prepared(links_of).rows(member=make_link().member.ovice_id)
    assert [type(value) for value in (pk, linked_at, state)] == [UUID, datetime, str]


def test_a_value_is_never_a_part_of_the_sql():
    make_link()
    assert Prepared(links_of).rows(member="' OR 1=1 --") == []


def test_only_the_wanted_table_is_locked():
    asked = Prepared(links_of, lock=Link)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        asked.rows(member="nobody")
    locks = queries[0]["sql"].endswith('FOR NO KEY UPDATE OF "accounts_link"')
    assert locks == connection.features.has_select_for_update


def members_of(organization: UUID, name: str):
    of_it = Link.objects.filter(organization=organization, member__ovice_id=name)
    return of_it.select_related("member").annotate(whose=F("member__ovice_id"))


def test_instances_come_with_what_belongs_to_them():
    asked = PreparedModels(members_of, organization=UUID(int=1), name="nobody at all")
    for link in (make_link(), make_link()):
        name = link.member.ovice_id
        (found,) = asked.fetch(organization=link.organization_id, name=name)
        assert (found, found.linked_at, found.whose) == (link, link.linked_at, name)
        with CaptureQueriesContext(connection) as queries:
            assert found.member == link.member
        assert len(queries) == 0
