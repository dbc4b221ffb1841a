"""Guide for an owner to Workplace's own screens."""

from django.utils import translation

from integrations.targets.port import TARGETS, guide_of
from integrations.workplace.connection import REQUIRED_PERMISSIONS


def test_every_permission_that_can_be_missing_has_its_label():
    assert set(guide_of("workplace").permissions) == set(REQUIRED_PERMISSIONS)


def test_every_target_has_a_guide_in_both_languages():
    for key in TARGETS:
        guide = guide_of(key)
        with translation.override("ja"):
            japanese = [str(step) for step in guide.steps]
        with translation.override("en"):
            assert all(str(step) not in japanese for step in guide.steps)
