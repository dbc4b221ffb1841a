"""Rows whose changes are recorded together with the organization they belong to."""

from integrations.sealed import TenantRow


class Audited:
    """A model whose entries in the audit log can be shown to one organization's owners alone."""

    def get_additional_data(self: TenantRow) -> dict[str, str]:
        """Return what the audit log keeps beside a change; it asks every row for this by name."""
        return {"organization": str(self.organization_id)}
