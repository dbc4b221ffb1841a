"""The pretend Workplace: Graph API, dialogs, company dashboard and Work Chat."""
