"""Rows whose changes are recorded together with the organization they belong to."""

from collections.abc import Callable
from contextvars import ContextVar

from integrations.encryption.fields import TenantRow


def _nobody() -> str:
    return ""


# Finds the role of whoever acts at this moment; empty for the program itself. Asked only when
# something is recorded, since it may cost a query.
acting_role: ContextVar[Callable[[], str]] = ContextVar("acting_role", default=_nobody)


class Audited:
    """A model whose entries in the audit log can be shown to one organization's owners alone."""

    def get_additional_data(self: TenantRow) -> dict[str, str]:
        """Return what the audit log keeps beside a change; it asks every row for this by name."""
        return {"organization": str(self.organization_id), "role": acting_role.get()()}
