"""The pure model beside the store: what it is given, what time makes of it, what is kept as it sees it."""

from schemas.issues import DetectedIssue
from services.notifier.alerts import instant
from services.notifier.findings.change import milliseconds, not_before
from services.notifier.findings.paging import paging_of
from services.notifier.findings.routing import routing_of
from services.notifier.model.alert import Model
from services.notifier.model.episode import Episode, Finding, Override
from services.notifier.model.timing import closed, expired, is_due, told, waiting
from services.notifier.policy.deciding import Subject
from services.notifier.policy.plan import Plan, Target
from services.notifier.timers.escalation import Close, Due, Expire, Tell, Wait, decide
from tests.notifier.builders import PATIENT, TIERS
from tests.notifier.desk import ALERT
from tests.notifier.ward_policy import WardPolicy


def model_finding(issue: DetectedIssue, policy: WardPolicy) -> Finding:
    paging = paging_of(issue, TIERS)
    routing = routing_of(issue, paging, policy, issue.at)
    return Finding(
        episode=issue.episode,
        revision=issue.revision,
        transition_id=issue.transition_id,
        transition=issue.transition.value,
        open=issue.open,
        tier=paging.tier,
        quiet=paging.quiet,
        at=milliseconds(issue.at),
        page_from=not_before(routing.page_from),
        plan=routing.plan,
        targets=tuple(map(str, routing.targets)),
        told_before=issue.told_before,
        ward=issue.ward,
    )


def model_due(model: Model, now: int) -> Due:
    """What deciding looks at, from the model."""
    episode = model.episodes[model.episode]
    return Due(
        alert=ALERT,
        episode=model.episode,
        revision=episode.revision,
        state=episode.state,
        step=episode.step,
        level=episode.level,
        unpaged=episode.unpaged,
        plan=episode.plan,
        holder=episode.holder,
        told=tuple(map(Target.parse, episode.told)),
        subject=Subject("Neurology 2", episode.tier, "cumulative-dose", technical=False, patient=PATIENT),
        now=instant(now),
        told_at=instant(episode.told_at) if episode.told_at else None,
        acks=episode.acks,
    )


def timed(model: Model, now: int, policy: WardPolicy) -> Model:
    """The model after everything that is due."""
    while model.newest is not None and is_due(model.newest, now):
        match decide(model_due(model, now), policy):
            case Tell(plan=plan, targets=targets, level=level):
                model = told(model, plan, tuple(map(str, targets)), level, now)
            case Wait(until=until):
                model = waiting(model, milliseconds(until))
            case Expire():
                model = expired(model)
            case Close():
                model = closed(model)
    return model


def as_model(kept: dict[str, str], timer: float | None) -> Episode:
    override = Override(
        by=kept["ovr_by"],
        second=kept["ovr_second"],
        reason=kept["ovr_reason"],
        scope=kept["ovr_scope"],
        at=int(kept["ovr_at"]),
        until=int(kept["ovr_until"]),
        count=int(kept["ovr_count"]),
    )
    return Episode(
        state=kept["st"],
        revision=int(kept["rev"]),
        transition_id=kept["tid"],
        tier=int(kept["tier"]),
        quiet=kept["quiet"],
        due_revision=int(kept["due_rev"]),
        unpaged=kept["unpaged"] == "1",
        paged=int(kept["paged"]),
        step=int(kept["step"]),
        first=(int(kept["first_rev"]), int(kept["first_step"])),
        level=int(kept["level"]),
        told_at=int(kept["told_at"]),
        plan=Plan.from_json(kept["plan"]) if kept["plan"] else None,
        told=tuple(target for target in kept["told"].split(",") if target),
        acked_by=kept["acked_by"],
        acked_revision=int(kept["acked_rev"]),
        acked_at=int(kept["acked_at"]),
        acks=tuple(name for name in kept["acks"].split(",") if name),
        offered=kept["offered"],
        override=override if override.by else None,
        timer=None if timer is None else int(timer),
        ward=kept["ward"],
        ward_at=int(kept["ward_at"]),
    )
