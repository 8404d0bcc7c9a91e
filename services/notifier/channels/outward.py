"""What may leave the house about a message. Channels outside word a `Notice`, never the message: there is
nothing in it that says whom an alert is about or what was found.
"""

from dataclasses import dataclass

from services.notifier.telling.messages import Message, MessageKind

_LONGEST_WARD = 60
_SHORT = 11
_MOST_NAMED = 50
_HEADINGS = {
    MessageKind.PAGE: "Alert",
    MessageKind.REPEAT: "Alert, again",
    MessageKind.RETRACTION: "Withdrawn",
    MessageKind.OFFER: "Offered to you",
    MessageKind.HANDED_BACK: "Not taken over, still yours",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Tier, ward, check id, an opaque reference and a link; and of how many alerts, named by `alerts`."""

    kind: MessageKind
    alert: str
    episode: int
    revision: int
    tier: int
    ward: str
    check: str
    link: str
    count: int = 1
    patients: int = 1
    held_back: int = 0
    alerts: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """As much of the alert's id as people need to find it."""
        return self.alert[:_SHORT]


def notice_of(message: Message) -> Notice:
    """What of `message` may leave the house."""
    return Notice(
        kind=message.kind,
        alert=message.alert,
        episode=message.episode,
        revision=message.revision,
        tier=message.tier,
        ward=_one_line(message.ward),
        check=message.check,
        link=message.link,
        count=message.count,
        patients=message.patients,
        held_back=message.held_back,
        alerts=message.alerts[:_MOST_NAMED],
    )


def headline(notice: Notice) -> str:
    """One line, for example "Alert: tier 1, Neurology 2, cumulative-dose, 0a-4fd1e0c3", or of several
    "Alert: 3 alerts of 1 patient, tier 3, Neurology 2, 0a-4fd1e0c3".
    """
    if notice.count > 1:
        facts = (together(notice), f"tier {notice.tier}", notice.ward or "several wards", notice.reference)
        return f"{_HEADINGS[notice.kind]}: {', '.join(facts)}"
    facts = (f"tier {notice.tier}", notice.ward or "no ward", notice.check, notice.reference)
    return f"{_HEADINGS[notice.kind]}: {', '.join(facts)}"


def together(of: Notice | Message) -> str:
    """How many alerts it tells of, for example "12 alerts of 5 patients (4 held back by the limit)"."""
    patients = "1 patient" if of.patients == 1 else f"{of.patients} patients"
    held = f" ({of.held_back} held back by the limit)" if of.held_back else ""
    return f"{of.count} alerts of {patients}{held}"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_LONGEST_WARD]
