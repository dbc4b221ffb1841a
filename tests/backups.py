"""A backup and a restore as the operator's manual says, by Django's own means for any database."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from integrations.encryption.data_keys import forget_keys

APPS = ("integrations", "accounts", "messaging")


def back_up(folder: Path) -> None:
    """Keep the database without keys, and the keys apart."""
    with (folder / "database.json").open("w") as file:
        call_command("dumpdata", *APPS, exclude=["integrations.DataKey"], stdout=file)
    save_keys(folder)


def save_keys(folder: Path) -> None:
    """Replace the file of keys, which is done more often than the database is backed up."""
    call_command("save_keys", folder / "keys", stdout=StringIO())


def restore(folder: Path, *options: str) -> str:
    """Bring the backup back and give it the keys; return what the command said."""
    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", folder / "database.json", verbosity=0)
    return load_keys(folder, *options)


def load_keys(folder: Path, *options: str) -> str:
    """Type the last command of a restore, and return what it said."""
    said = StringIO()
    call_command("load_keys", folder / "keys", *options, stdout=said)
    forget_keys()
    return said.getvalue()
