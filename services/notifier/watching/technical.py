"""Alerts about ourselves: the processor fell silent, a record could not be read, a channel takes nothing.

They are ordinary alerts (listed, paged, acknowledged, in the history) about the patient `system`, so that
being unable to look is told as loudly as a finding.
"""

import hashlib
import logging
from dataclasses import replace

from redis.exceptions import ResponseError

from schemas.alerts import AlertState
from schemas.base import Mode, Severity, TimeDomain
from schemas.issues import DetectedIssue, Transition
from services.notifier.alerts import Alert, instant
from services.notifier.findings.change import Change
from services.notifier.findings.paging import Paging, paging_of
from services.notifier.findings.routing import Routing, routing_of
from services.notifier.policy.deciding import Policy
from services.notifier.policy.plan import Plan, Step
from services.notifier.store.alert_store import ANY_STORE, AlertStore
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.store.lifecycle import IllegalMove
from services.notifier.store.reading import AlertReader, UnknownAlert
from services.notifier.tiers import TierPolicy

log = logging.getLogger(__name__)
CHECK = "technical"
_LONGEST_NAME = 512 - len(f"{CHECK}-")
_LONGEST_TEXT = 2_000
"""What `DetectedIssue` takes of an id, and of a text."""
_NOTICE_TIER, _NOTICED_AFTER_S, _DAY_S = 3, 3_600, 86_400
_DIGEST_LETTERS = 32


def _name_that_fits(name: str) -> str:
    """The name, or its beginning and a digest of all of it: names hold what others call their things."""
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LETTERS]
    return f"{name[: _LONGEST_NAME - _DIGEST_LETTERS - 1]}~{digest}"


def _text_that_fits(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


class TechnicalAlerts:
    """Raises and settles them. Raising what is already told changes nothing."""

    def __init__(self, store: AlertStore, reader: AlertReader, tiers: TierPolicy, policy: Policy) -> None:
        self._store = store
        self._reader = reader
        self._tiers = tiers
        self._policy = policy

    async def raise_(self, name: str, text: str) -> None:
        """Tell a state that lasts. Other facts than before are told anew; the same ones are not."""
        text, known = _text_that_fits(text), await self._known(name)
        if known is None or not known.live:
            await self._apply(name, text, Transition.RAISED, (known.episode if known else 0) + 1, 1)
        elif known.text != text:
            await self._apply(name, text, Transition.WORSENED, known.episode, known.revision + 1)

    async def report(self, name: str, text: str) -> None:
        """Tell that something happened.

        Once more of it is told anew only after somebody acknowledged the last.
        """
        known = await self._known(name)
        if known is not None and known.state is AlertState.ACKNOWLEDGED:
            revision = known.revision + 1
            await self._apply(name, text, Transition.WORSENED, known.episode, revision, happened=True)
        elif known is None or not known.live:
            episode = (known.episode if known else 0) + 1
            await self._apply(name, text, Transition.RAISED, episode, 1, happened=True)

    async def once(self, name: str, text: str) -> None:
        """Tell what happened once for all: the same name again changes nothing, answered or not."""
        await self._apply(name, text, Transition.RAISED, 1, 1, happened=True)

    async def notice(self, name: str, text: str, check: str, to: str) -> None:
        """Tell one person, once, what is no alert, for example "person:n-0417/smtp"; it closes by itself.

        The same text again is not told again as long as nothing else was.
        """
        known, text = await self._known(name), _text_that_fits(text)
        if known is not None and known.text == text:
            return
        episode = known.episode if known is not None and known.live else (known.episode + 1 if known else 1)
        revision = known.revision + 1 if known is not None and known.live else 1
        transition = Transition.RAISED if revision == 1 else Transition.WORSENED
        plan = Plan(check, (Step(0, (to,)),), 0, (to,), _DAY_S, expire_s=_NOTICED_AFTER_S, once=True)
        await self._apply(name, text, transition, episode, revision, happened=True, notice=plan)

    async def ease(self, name: str, text: str) -> None:
        """Less than before is wrong, something still is: shown, not told anew."""
        text, known = _text_that_fits(text), await self._known(name)
        if known is not None and known.live and known.text != text:
            await self._apply(name, text, Transition.EASED, known.episode, known.revision + 1)

    async def settle(self, name: str, text: str) -> None:
        """It is over. Nothing happens where nothing was wrong."""
        known = await self._known(name)
        if known is not None and known.live:
            await self._apply(name, text, Transition.RESOLVED, known.episode, known.revision + 1)

    async def _known(self, name: str) -> Alert | None:
        try:
            return await self._reader.exactly(alert_id(SYSTEM_PATIENT, f"{CHECK}-{_name_that_fits(name)}"))
        except UnknownAlert:
            return None

    async def _apply(
        self,
        name: str,
        text: str,
        transition: Transition,
        episode: int,
        revision: int,
        *,
        happened: bool = False,
        notice: Plan | None = None,
    ) -> None:
        name, text, now = _name_that_fits(name), _text_that_fits(text), instant(await self._store.now_ms())
        identity = hashlib.sha256(f"{name}\x1f{episode}\x1f{revision}\x1f{text}".encode()).hexdigest()[:32]
        issue = DetectedIssue(
            issue_id=f"{CHECK}-{name}",
            patient=SYSTEM_PATIENT,
            check=CHECK if notice is None else notice.route,
            severity=Severity.MAJOR,
            open=transition is not Transition.RESOLVED,
            transition=transition,
            transition_id=identity,
            episode=episode,
            revision=revision,
            at=now,
            raised_at=now,
            page_from=now,
            because=text,
            subjects=(),
            mode=Mode.LIVE,
            time_domain=TimeDomain.LIVE,
            text=text,
            knowledge_version="",
        )
        if notice is None:
            paging = paging_of(issue, self._tiers)
            routing = routing_of(issue, paging, self._policy, now)
        else:
            paging = Paging(_NOTICE_TIER, "")
            routing = Routing(notice, self._policy.resolve(notice.steps[0].to, now), now)
        if routing.plan is not None:
            routing = replace(routing, plan=replace(routing.plan, once=happened))
        change = Change(issue, paging, routing, None)
        try:
            await self._store.apply(change, {change.tag: ANY_STORE})
        except IllegalMove:
            log.info("another notifier settled %s at the same moment", name)
        except ResponseError as error:
            # What the store holds of it is damaged; whoever wanted to tell it has other work to go on with.
            log.error("a technical alert could not be told (%s): %s: %s", error, name, text)
