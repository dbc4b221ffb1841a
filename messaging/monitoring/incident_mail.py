"""Mail to the operator: once about each incident, and once about its end."""

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.utils import translation

from integrations.removal.alerts import write_to_operator
from messaging.models.incident_kinds import NOTICES
from messaging.models.monitoring import Incident

logger = structlog.stdlib.get_logger(__name__)

# A mail names so many; the portal lists all.
MOST = 20


def tell(at: datetime) -> int:
    """Write one mail about what is new and one about what is over; return how many were written.

    A mail that cannot be sent now is tried again by the next run.
    """
    alarming = Incident.objects.filter(confirmed_at__isnull=False).exclude(kind__in=NOTICES)
    new = list(alarming.filter(told_at=None, ended_at=None).order_by("began_at"))
    over = list(alarming.filter(ended_at__isnull=False, end_told_at=None).order_by("began_at"))
    for incident in new:
        logger.error(
            "incident",
            incident=incident.pk,
            kind=incident.kind,
            organization=incident.organization_id,
            installation=incident.installation_id,
        )
    # One that began and ended between two mails is no news.
    told = [incident for incident in over if incident.told_at]
    written = _write(new, at, "told_at", _subject(new), _NEW)
    written += _write(told, at, "end_told_at", f"{_subject(told)}: over", _OVER)
    return written


def _write(
    incidents: Sequence[Incident], at: datetime, column: str, subject: str, text: str
) -> int:
    if not incidents:
        return 0
    with translation.override("en"):
        lines = "\n".join(_line(incident) for incident in incidents[:MOST])
    rest = len(incidents) - MOST
    more = f"\nAnd {rest} more.\n" if rest > 0 else ""
    try:
        write_to_operator(subject, text.format(lines=lines, more=more, url=settings.BASE_URL))
    except (SMTPException, OSError) as error:
        logger.warning("the operator could not be written to", error=type(error).__name__)
        return 0
    Incident.objects.filter(pk__in=[incident.pk for incident in incidents]).update(**{column: at})
    return 1


def _subject(incidents: Sequence[Incident]) -> str:
    kinds = sorted({incident.kind for incident in incidents})
    return ", ".join(kinds[:3]) + (" …" if len(kinds) > len(kinds[:3]) else "")


def _line(incident: Incident) -> str:
    where = f"installation {incident.installation_id}, " if incident.installation_id else ""
    whose = f"organization {incident.organization_id}, " if incident.organization_id else ""
    until = f" to {incident.ended_at:%H:%M}" if incident.ended_at else ""
    since = f"{incident.began_at:%Y-%m-%d %H:%M}{until} UTC"
    lines = [f"- {incident.text}", f"  ({whose}{where}{since}, incident {incident.pk})"]
    if not incident.ended_at:
        lines.append(f"  {incident.look_at}")
    return "\n".join(lines)


_NEW = """\
The audit found what needs somebody:

{lines}
{more}
`manage.py doctor` looks at the whole deployment. You are written to once about each, and when it
is over. {url}/admin/
"""
_OVER = """\
Over, as the audit sees it:

{lines}
{more}
{url}/admin/
"""
