"""The record of processing tells of every table, in both languages, and for how long it is kept."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from callbacks.abuse import refusals
from callbacks.accounts import sign_in_throttle
from callbacks.call_outcomes import store as call_outcomes
from callbacks.models import Widget
from callbacks.notifications import outbox
from tests.support.sandbox_process import ROOT

FILES = {"en": ROOT / "docs" / "privacy.md", "fr": ROOT / "docs" / "privacy.fr.md"}
# The row of the table that tells of each table of the database, in each language.
ROWS = {
    "callbacks.CallRequest": ("number, email", "numéro, e-mail"),
    "callbacks.Attempt": ("attempts, changes", "tentatives, changements"),
    "callbacks.Move": ("attempts, changes", "tentatives, changements"),
    "callbacks.Look": ("attempts, changes", "tentatives, changements"),
    "callbacks.Note": ("attempts, changes", "tentatives, changements"),
    "callbacks.ConsentText": ("consent text, version", "texte du consentement, version"),
    "callbacks.ConsentProof": ("commitments", "engagements"),
    "callbacks.IdempotentCall": ("calls of the API", "appels de l’API"),
    "callbacks.LimitHit": ("limits (keyed hash", "limites (empreinte"),
    "callbacks.CallOutcome": ("outcome of a call", "issue d’un appel"),
    "callbacks.Refusal": ("refusals (keyed hashes", "refus (empreintes"),
    "callbacks.Block": ("block list", "liste de blocage"),
    "callbacks.Erasure": ("certificates of erasure", "attestations d’effacement"),
    "callbacks.AuditEntry": ("audit trail", "journal d’audit"),
    "callbacks.HourlyFigures": ("statistics by hour", "statistiques par heure"),
    "callbacks.HourlyTotal": ("statistics by hour", "statistiques par heure"),
    "callbacks.RunningTotal": ("statistics by hour", "statistiques par heure"),
    "callbacks.Alert": ("alerts", "alertes"),
    "callbacks.OutboxMessage": ("outbox", "boîte d’envoi"),
    "callbacks.TeamMailRecipient": (
        "recipients of team emails",
        "destinataires des e-mails à l’équipe",
    ),
    "auth.User": ("staff: name", "équipe : nom"),
    "otp_totp.TOTPDevice": ("two-factor", "double authentification"),
    "otp_static.StaticDevice": ("two-factor", "double authentification"),
    "otp_static.StaticToken": ("two-factor", "double authentification"),
    "sessions.Session": ("staff: sessions", "équipe : sessions"),
    "axes.AccessAttempt": ("failed sign-ins", "échecs de connexion"),
}
# About nobody, or never written.
ABOUT_NOBODY = {
    *("callbacks.Widget", "callbacks.WidgetText", "callbacks.OpenPeriod", "callbacks.CallControl"),
    *("callbacks.ApiKey", "callbacks.WebhookEndpoint", "callbacks.WebhookSubscription"),
    *("callbacks.PeriodicJob", "callbacks.WorkerProcess", "callbacks.RefusedReport"),
    "callbacks.Topic",
    *("auth.Permission", "auth.Group", "contenttypes.ContentType", "admin.LogEntry"),
    *("axes.AccessFailureLog", "axes.AccessAttemptExpiration", "axes.AccessLog"),
}
MORE_ROWS = {
    *{("page, its title", "page, titre"), ("IP address", "adresse IP")},
    ("page was first opened", "première ouverture de la page"),
    ("time slot", "créneau"),
    ("answers to the widget", "réponses aux [champs"),
    ("the [topic]", "le [sujet]"),
}


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def text(language: str) -> str:
    return FILES[language].read_text().replace("\N{NO-BREAK SPACE}", " ")


def rows(language: str) -> list[list[str]]:
    lines = [line for line in text(language).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def row(language: str, words: tuple[str, str]) -> list[str]:
    mine = words[language == "fr"]
    found = [cells for cells in rows(language) if mine in cells[0]]
    assert found, mine
    return found[0]


def test_every_table_is_told_of(language: str) -> None:
    tables = {model._meta.label for model in apps.get_models()}
    assert tables == set(ROWS) | ABOUT_NOBODY
    told = {tuple(row(language, words)) for words in [*ROWS.values(), *MORE_ROWS]}
    assert told == {tuple(cells) for cells in rows(language)}


def test_the_times_are_those_that_are_kept(language: str) -> None:
    def default(name: str) -> Any:
        return Widget._meta.get_field(name).default  # type: ignore[union-attr]

    for words, number in (
        (ROWS["callbacks.CallRequest"], default("retention_months")),
        (ROWS["callbacks.ConsentText"], default("proof_months")),
        (ROWS["callbacks.ConsentProof"], default("proof_months")),
        (("IP address", "adresse IP"), default("address_days")),
        (ROWS["callbacks.Refusal"], refusals.KEPT.days),
        (ROWS["callbacks.CallOutcome"], call_outcomes.KEPT.days),
        (ROWS["callbacks.OutboxMessage"], outbox.KEPT.days),
        (ROWS["sessions.Session"], settings.SESSION_HOURS),
    ):
        assert re.findall(r"\d+", row(language, words)[2]) == [str(number)], words
    assert sign_in_throttle.KEPT.days == 1


def test_both_languages_are_in_step() -> None:
    def shape(language: str) -> list[object]:
        lines = text(language).splitlines()
        kinds = [re.match(r"#+|\||- |$", line) for line in lines]
        structure = [kind[0] for kind in kinds if kind and kind[0]]
        named = sorted(re.findall(r"`[^`]+`", text(language)))
        figures = [re.findall(r"\d+", " ".join(cells)) for cells in rows(language)]
        return [structure, named, figures]

    assert shape("en") == shape("fr")


def test_what_is_named_exists(language: str) -> None:
    named = re.findall(r"`([^`]+)`", text(language))
    commands = [words.split()[1] for words in named if words.startswith("manage.py ")]
    assert commands
    assert set(commands) <= set(get_commands())
    variables = [words for words in named if re.fullmatch("[A-Z_]+", words)]
    assert variables
    assert all(hasattr(settings, name) for name in variables)
