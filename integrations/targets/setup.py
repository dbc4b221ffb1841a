"""Setup guide to a target's own screens, for owners: data that each target's folder fills in."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

# Text that is translated when it is shown.
Words = str | Promise


@dataclass(frozen=True, slots=True)
class SetupGuide:
    """The way to a token on a target's own screens, in the words that are found there.

    ``permissions`` gives the label of each permission by its name in ``missing_permissions``;
    ``webhook_fields`` are what to tick, by their names there, so that the bot hears and answers.
    """

    label: Words
    steps: tuple[Words, ...]
    permissions: Mapping[str, Words]
    where_permissions_are: Words
    secret_help: Words
    clock_help: Words
    webhook_steps: tuple[Words, ...]
    webhook_fields: tuple[str, ...]
