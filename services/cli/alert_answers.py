"""What a person answers: ack, unack, decline, override, hand-over. Bound to the revision that they saw."""

import getpass
import uuid
from collections.abc import Callable
from typing import Any

import click

from schemas.alerts import LONGEST_OVERRIDE_S, ActionKind, AlertAction, OverrideReason, OverrideScope
from services.cli.alert_store import asked, output
from services.cli.alert_view import show_alert
from services.cli.redis_option import redis_option
from services.notifier.alerts import Alert
from services.notifier.store.alert_store import AlertStore, Answer
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader

LONGEST_NOTE = 2_000
_LONGEST_H = LONGEST_OVERRIDE_S // 3_600
_DONE = {
    ActionKind.ACKNOWLEDGE: "acknowledged",
    ActionKind.UNACKNOWLEDGE: "given back",
    ActionKind.DECLINE: "declined",
    ActionKind.OVERRIDE: "overridden",
    ActionKind.HAND_OVER: "offered",
}
_REFUSED = {
    "second-person": "an alert of tier 1 is overridden by two persons: name the other one with --second",
    "a-silence": "it is a silence; end it with `dosewarden alerts silence end`",
    "same-person": "that person holds it already",
    "actor-unknown": "the people.yaml of this site does not name {actor}: say who you are with --actor",
    "actor-role": "the role of {actor} may not do this (may, in people.yaml)",
    "second-unknown": "the people.yaml of this site does not name {second}",
    "second-role": "the role of {second} may not agree to an override (may, in people.yaml)",
    "receiver-unknown": "the people.yaml of this site does not name {to}",
    "receiver-role": "the role of {to} may not hold this alert (may, in people.yaml)",
}
Command = Callable[..., None]


def _checked_note(_: click.Context, __: click.Parameter, note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise click.BadParameter(f"at most {LONGEST_NOTE} characters")
    return note


def _answer(command: Command) -> Command:
    """The argument and options of every answer."""
    for option in (
        click.option(
            "--revision",
            type=click.IntRange(min=1),
            default=None,
            help="The revision that you have seen; a newer one is shown instead of answered.",
        ),
        click.option("--actor", default=None, help="Who you are; else the name you are logged in with."),
        click.argument("alert_id", metavar="ID"),
        redis_option,
    ):
        command = option(command)
    return command


def _note(text: str, *, required: bool = False) -> Callable[[Command], Command]:
    shown: dict[str, Any] = {"required": True} if required else {"default": ""}
    return click.option("--note", callback=_checked_note, help=f"{text}; kept in the history.", **shown)


def _carry_out(
    redis: str, alert_id: str, actor: str | None, revision: int | None, action: ActionKind, **details: Any
) -> None:
    """Exits 1 where nothing was done, and says why."""
    who = actor or getpass.getuser()

    async def work(connection: Connection) -> int:
        reader, store = AlertReader(connection), AlertStore(connection)
        alert = await reader.find(alert_id)
        made = AlertAction(
            key=uuid.uuid4().hex,
            alert_id=alert.id,
            action=action,
            revision=revision or alert.revision,
            episode=alert.episode,
            actor=who,
            transition_id=alert.content if revision is None else alert.seen.get(who, ""),
            **details,
        )
        answer = await store.act(made)
        now = await reader.find(alert.id)
        if answer.result == "done":
            click.echo(f"{alert.id} revision {now.revision} {_DONE[action]} by {who}{_left(now)}")
            return 0
        click.echo(f"Not {_DONE[action]}: {_why(answer, made, now)}", err=True)
        if answer.result == "stale":
            show_alert(output(), now, await reader.history(alert.id), await reader.now(now))
            await store.look(now, who)
        return 1

    if asked(redis, work):
        raise click.exceptions.Exit(1)


def _left(now: Alert) -> str:
    return f"; each must: it goes on for {', '.join(now.unanswered_by)}" if now.unanswered_by else ""


def _why(answer: Answer, made: AlertAction, now: Alert) -> str:
    if answer.result == "stale":
        if now.revision == made.revision and now.episode == made.episode:
            return f"revision {now.revision} of {now.id} has another content than the one you saw."
        return f"{now.id} is at revision {now.revision} now."
    if answer.result == "refused":
        return f"{_REFUSED[answer.detail].format(actor=made.actor, second=made.second, to=made.to)}."
    by = f" by {now.holder}" if now.holder else ""
    return f"{now.id} is already {now.state.value}{by}."


@click.command()
@_answer
@_note("What you are going to do")
def ack(redis: str, alert_id: str, actor: str | None, revision: int | None, note: str) -> None:
    """Acknowledge an alert: you have seen it and see to it, for the time that the policy gives you.

    Again: the time begins anew. Of an alert that is handed over to you: you hold it. A worse dose voids it.
    """
    _carry_out(redis, alert_id, actor, revision, ActionKind.ACKNOWLEDGE, note=note)


@click.command()
@_answer
@_note("Why")
def unack(redis: str, alert_id: str, actor: str | None, revision: int | None, note: str) -> None:
    """Give back an alert that was acknowledged or overridden: the next step is told at once."""
    _carry_out(redis, alert_id, actor, revision, ActionKind.UNACKNOWLEDGE, note=note)


@click.command()
@_answer
@_note("Why")
def decline(redis: str, alert_id: str, actor: str | None, revision: int | None, note: str) -> None:
    """Decline an alert that nobody holds: the next step is told at once."""
    _carry_out(redis, alert_id, actor, revision, ActionKind.DECLINE, note=note)


@click.command()
@_answer
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in OverrideReason]),
    required=True,
    help="Why, as a code.",
)
@_note("Why, in words", required=True)
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in OverrideScope]),
    default=OverrideScope.DOSE.value,
    show_default=True,
    help="Until the amount rises at all; until it is worse than what was paged; for new episodes too.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0, _LONGEST_H, min_open=True),
    default=8.0,
    show_default=True,
    help=f"How long it holds, {_LONGEST_H} at most; for will-monitor, by when you will have looked.",
)
@click.option("--second", default=None, help="Who agrees; needed for tier 1.")
def override(
    redis: str,
    alert_id: str,
    actor: str | None,
    revision: int | None,
    reason: str,
    note: str,
    scope: str,
    hours: float,
    second: str | None,
) -> None:
    """Override an alert that holds: nobody is told of it until then, or until it is worse."""
    _carry_out(
        redis,
        alert_id,
        actor,
        revision,
        ActionKind.OVERRIDE,
        note=note,
        reason=OverrideReason(reason),
        scope=OverrideScope(scope),
        lasts_s=max(1, round(hours * 3_600)),
        second=second,
    )


@click.command(name="hand-over")
@_answer
@click.option("--to", required=True, help="Who is to hold it, once they acknowledge.")
@_note("What they need to know")
def hand_over(redis: str, alert_id: str, actor: str | None, revision: int | None, to: str, note: str) -> None:
    """Offer an alert that somebody holds to another person. Nothing changes until they acknowledge it."""
    _carry_out(redis, alert_id, actor, revision, ActionKind.HAND_OVER, note=note, to=to)


ANSWERS = (ack, unack, decline, override, hand_over)
