"""The Celery tasks about people; each calls plain functions. Arguments are ids, never content."""

from uuid import UUID

from celery import shared_task
from django.utils.timezone import now

from accounts.directory import schedule
from accounts.install import flow
from accounts.linking import invite as invitation
from accounts.linking import relink, verify_schedule, welcome
from accounts.owners import mail, ownership, removal_mail
from accounts.signin import codes
from core.queue import hint

GO_ROUND = "accounts.tasks.go_round"


@shared_task(name=welcome.GREET)
def greet(link_id: str) -> None:
    """Greet one new link."""
    welcome.greet(UUID(link_id))


@shared_task(name=invitation.INVITE)
def invite(member_id: str) -> None:
    """Write one invitation."""
    invitation.send_invitation(UUID(member_id))


@shared_task(name=GO_ROUND)
def go_round(installation_id: str) -> None:
    """Look at the next few links of one installation."""
    verify_schedule.go_round(UUID(installation_id))


@shared_task
def look_after_links() -> None:
    """Start a round wherever one is due."""
    for installation_id in verify_schedule.due_installations(now()):
        hint(GO_ROUND, str(installation_id))


@shared_task(name=relink.RESOLVE_LINKS)
def resolve_links(installation_id: str) -> None:
    """Look the accounts of one installation's unresolved links up anew."""
    relink.resolve_links(UUID(installation_id))


@shared_task
def resolve_all_links() -> None:
    """Do so for every installation that has any; finds what a lost task left behind."""
    for installation_id in relink.installations_to_resolve():
        hint(relink.RESOLVE_LINKS, str(installation_id))


@shared_task
def purge_install_requests() -> None:
    """Delete the installs that nobody finished."""
    flow.purge_install_requests()


@shared_task(name=schedule.SYNC)
def sync_directory(organization_id: str) -> None:
    """Read one organization's people and spaces from ovice."""
    schedule.sync_due(UUID(organization_id))


@shared_task
def sweep_directories() -> None:
    """Wake every organization whose directory is due."""
    schedule.sweep()


@shared_task(name=codes.MAIL_CODE)
def mail_code(code_id: str) -> None:
    """Mail one sign-in code."""
    codes.mail_code(UUID(code_id))


@shared_task
def mail_waiting_codes() -> None:
    """Mail what a lost hint or a mail server that was away has left behind."""
    for code_id in codes.codes_to_mail():
        codes.mail_code(code_id)


@shared_task
def purge_former_owners() -> None:
    """Forget users who own nothing any more; they are no rows that go by themselves."""
    ownership.purge_former_owners()


@shared_task
def tell_of_removals() -> None:
    """Write to owners and operator about data that is going to be deleted."""
    removal_mail.tell_of_removals()


@shared_task
def send_owner_mails() -> None:
    """Send owners what waits for them."""
    mail.send_waiting()
