"""Retention of rows that nothing needs any more, by their models.

Texts are not among them: they go as soon as their message is settled.
"""

from datetime import timedelta

KEPT_FOR = {
    "messaging.Attempt": timedelta(days=30),
    "messaging.Delivery": timedelta(days=30),
    "messaging.Mentioned": timedelta(days=30),
    "messaging.Message": timedelta(days=30),
    "messaging.Incident": timedelta(days=30),
    "messaging.ReceivedEvent": timedelta(days=30),
    "messaging.ReceivedUpdate": timedelta(days=7),  # targets repeat themselves for 36 hours
    "messaging.Conversation": timedelta(days=7),  # beyond the longest quiet, lease or undo
    # Beyond its end a token could still be taken for valid by a clock that is behind.
    "accounts.UsedLaunch": timedelta(hours=1),
    "accounts.InstallRequest": timedelta(hours=1),
    "accounts.SignInCode": timedelta(hours=1),  # whether or not somebody was mailed it
    "accounts.OwnerMail": timedelta(days=30),
    "accounts.User": timedelta(days=30),  # of whoever owns nothing, since they signed in last
    "accounts.Link": timedelta(days=90),
    "accounts.Choices": timedelta(days=30),
    "accounts.Member": timedelta(days=30),
    "integrations.Callback": timedelta(days=30),
    "integrations.Space": timedelta(days=30),
    "sessions.Session": timedelta(0),
    "auditlog.LogEntry": timedelta(days=400),
    "admin.LogEntry": timedelta(days=400),
    "integrations.Removal": timedelta(days=3 * 365),
}
