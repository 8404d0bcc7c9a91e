"""`dosewarden explain`: everything behind one issue, in words, with its arithmetic done again."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import IO, Any

import click
import orjson

from schemas.fhir_export import resource
from services.cli.alert_view import as_json_text, plain
from services.cli.explanation import Explained, explanation
from services.cli.redis_option import redis_at, redis_option
from services.notifier.alerts import Alert
from services.notifier.store.connection import Connection, StoreUnavailable
from services.notifier.store.reading import AlertReader, AmbiguousAlert, UnknownAlert

_PATIENCE_S = 5.0


@click.command()
@click.argument("issue_id", metavar="ISSUE")
@click.option(
    "--from",
    "lines",
    type=click.File("rb"),
    default=None,
    metavar="FILE",
    help="Lines of `dosewarden replay`, - for standard input; else the running system is asked.",
)
@redis_option
@click.option("--fhir", is_flag=True, help="Print a FHIR R4 DetectedIssue instead.")
def explain(issue_id: str, lines: IO[bytes] | None, redis: str, fhir: bool) -> None:
    """Explain one issue: what was found, by which records and arithmetic, by whose rule, and what to do.

    The beginning of its id will do. Of several lines about it the last one counts.
    """
    issue, patient = _replayed(issue_id, lines) if lines is not None else _running(issue_id, redis)
    if fhir:
        click.echo(as_json_text(_as_fhir(issue, patient)))
        return
    for told in explanation(issue):
        click.echo(plain(told).plain)


def _replayed(issue_id: str, lines: IO[bytes]) -> tuple[Explained, str]:
    found: dict[str, dict[str, Any]] = {}
    for number, text in enumerate(lines, 1):
        if text.strip():
            try:
                told = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise click.ClickException(f"line {number} is no JSON: {error}") from error
            if isinstance(told, dict) and str(told.get("issue_id", "")).startswith(issue_id):
                found[str(told["issue_id"])] = told
    if not found:
        raise click.ClickException(f"no line is about an issue {issue_id}")
    if len(found) > 1:
        raise click.ClickException(f"{issue_id} is the beginning of {len(found)} issues; write more of it")
    (told,) = found.values()
    return _of_line(told), str(told["patient"])


def _of_line(told: dict[str, Any]) -> Explained:
    return Explained(
        issue_id=told["issue_id"],
        check=told["check"],
        severity=told["severity"],
        text=told["text"],
        evidence=told.get("evidence") or {},
        sources=tuple(told.get("sources") or ()),
        implicated=tuple(told.get("implicated") or ()),
        knowledge_version=told.get("knowledge_version", ""),
        reason=told.get("reason") or "",
        because=told.get("because", ""),
        since=told.get("from") or told.get("at") or "",
        standing=told.get("transition") or told.get("status", ""),
        shadow=bool(told.get("shadow")),
        retrospective=bool(told.get("retrospective")),
    )


def _running(issue_id: str, redis: str) -> tuple[Explained, str]:
    async def asked() -> Alert:
        connection = Connection(redis_at(redis), patience_s=_PATIENCE_S, connections=1)
        try:
            return await AlertReader(connection).find(issue_id)
        finally:
            await connection.close()

    try:
        alert = asyncio.run(asked())
    except (UnknownAlert, AmbiguousAlert, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
    return replace(_of_alert(alert), since=_instant(alert.raised_at)), alert.patient


def _of_alert(alert: Alert) -> Explained:
    facts = alert.facts
    return Explained(
        issue_id=alert.id,
        check=alert.check,
        severity=alert.severity.value,
        text=alert.text,
        evidence=facts["evidence"] or {},
        sources=tuple(facts["sources"] or ()),
        implicated=tuple(facts["implicated"] or ()),
        knowledge_version=facts["knowledge_version"],
        reason=facts["reason"],
        because=alert.because,
        standing=alert.state.value,
        retrospective=facts["retrospective"] == "1",
    )


def _as_fhir(issue: Explained, patient: str) -> dict[str, Any]:
    return resource(
        issue_id=issue.issue_id,
        patient=patient,
        check=issue.check,
        severity=issue.severity,
        text=issue.text,
        standing=issue.standing,
        identified=issue.since,
        implicated=issue.implicated,
        evidence=issue.evidence,
        because=issue.because,
        reason=issue.reason,
    )


def _instant(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""
