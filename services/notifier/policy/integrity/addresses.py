"""Channels that are not set up, and addresses that their channel could not use."""

from collections.abc import Iterator

from services.notifier.channels.addresses import ForbiddenAddress, check_url
from services.notifier.channels.mail import UnusableAddress, mailbox
from services.notifier.channels.settings import NAMES
from services.notifier.policy.assembling import Written
from services.notifier.policy.people import Reach
from services.safety.knowledge.problems import Problem

_HOOKS = frozenset(("webhook", "slack", "teams"))


def problems(written: Written, channels: frozenset[str] | None) -> Iterator[Problem]:
    """By the channels that are set up; by all that there are where that is not known (None)."""
    for number, person in enumerate(written.people.value.people):
        for at, reach in enumerate(person.channels):
            place = ("people", number, "channels", at)
            if channels is not None and reach.by not in channels:
                what = f"the channel {reach.by!r} is not set up"
                cure = f"add it to DOSEWARDEN_CHANNELS (now {', '.join(sorted(channels))}), or remove it"
                yield written.people.problem(what, cure, *place, "by")
            elif channels is None and reach.by not in NAMES:
                what, cure = f"there is no channel {reach.by!r}", f"use one of {', '.join(NAMES)}"
                yield written.people.problem(what, cure, *place, "by")
            elif (wrong := _wrong(reach)) is not None:
                yield written.people.problem(f"the address of {person.id!r}: {wrong[0]}", wrong[1], *place)


def _wrong(reach: Reach) -> tuple[str, str] | None:
    """What is wrong with an address, without repeating it, and the cure."""
    try:
        if reach.by == "smtp":
            mailbox(reach.address)
        elif reach.by in _HOOKS and reach.address:
            check_url(reach.address, loopback=True)
        elif reach.by == "webpush" and not reach.address:
            return "no subscription is named", "give the reference of the browser's subscription"
        elif reach.by == "terminal" and reach.address:
            return "the terminal has no addresses", "remove it"
    except (UnusableAddress, ForbiddenAddress) as error:
        return str(error), f"give the address by {reach.by}"
    return None
