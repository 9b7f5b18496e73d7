"""The names in NEWSLEDGER_NOTIFY, each for one of Airflow's notifiers. It is light, because DAG files import it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import SettingsError

NOTIFIERS: Mapping[str, tuple[str, str]] = {
    "smtp": ("airflow.providers.smtp.notifications.smtp", "SmtpNotifier"),
    "slack": ("airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier"),
    "apprise": ("airflow.providers.apprise.notifications.apprise", "AppriseNotifier"),
}
"""Airflow's class for each name. It uses the default connection of its provider."""


def require_notifiers(names: Sequence[str]) -> None:
    """Raises SettingsError for a name in NEWSLEDGER_NOTIFY that is not in `NOTIFIERS`, or that names no recipient."""
    for number, name in enumerate(names, start=1):
        kind, _, to = name.partition(":")
        if kind not in NOTIFIERS:  # and may be a token or an address that nobody else should see
            raise SettingsError(f"NEWSLEDGER_NOTIFY: name {number} is none of {', '.join(NOTIFIERS)}")
        if kind == "smtp" and not to:
            raise SettingsError("NEWSLEDGER_NOTIFY: 'smtp' names no recipient; write smtp:desk@example.org")
