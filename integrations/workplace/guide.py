"""Where an owner clicks in Workplace: the path of ovice's own article on the integration.

The labels are those of Workplace's admin panel.
"""

from django.utils.translation import gettext_lazy as _

from integrations.targets.setup import SetupGuide

GUIDE = SetupGuide(
    label="Workplace",
    steps=(
        _("In Workplace, open the admin panel and choose Integrations."),
        _("Press “Create custom integration”. Any name and description will do: members see them."),
        _("Add a logo. Every direct message will come from this name and this logo."),
        _(
            "Tick the two permissions “Send messages to members” and “Read user email address”,"
            " and no others."
        ),
        _("Press “Create access token” and copy the token. Workplace shows it only once."),
        _("Tick “I understand” and finish. Then come back here and paste the token."),
    ),
    permissions={
        "message": _("Send messages to members"),
        "read_user_email": _("Read user email address"),
    },
    where_permissions_are=_(
        "In Workplace, open the admin panel, Integrations, your integration, and tick it there."
    ),
    secret_help=_(
        "Needed if you switched on “Require app secret proof” in Workplace, or if the bot is to"
        " answer: copy the app secret from the integration's details."
    ),
    clock_help=_(
        "If the secret is right, the clock of this service may be off: tell its operator."
    ),
    webhook_steps=(
        _("In Workplace, open the admin panel, Integrations, your integration, and its webhooks."),
        _("Choose the topic “Page” and paste the callback URL and the verify token from below."),
        _("Tick the fields that are listed below, and save. Workplace tries the address at once."),
    ),
    # Events of a custom integration: its own chats, and posts in which it is mentioned (Workplace,
    # "Webhooks reference", topic page).
    webhook_fields=(
        "messages",
        "messaging_postbacks",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "mention",
    ),
)
