"""The segments of one order: an ORC and what stands behind it until the next one."""

from dataclasses import dataclass

from services.intake.hl7v2.message import Message, Segment


@dataclass(frozen=True, slots=True)
class Group:
    """One order; `orc` is None for what stands before the first one."""

    orc: Segment | None
    segments: tuple[Segment, ...]

    def named(self, name: str) -> tuple[Segment, ...]:
        """Its segments of one name."""
        return tuple(item for item in self.segments if item.name == name)

    @property
    def details(self) -> tuple[Segment, ...]:
        """The RXE, else the RXO."""
        return self.named("RXE") or self.named("RXO")

    @property
    def detail(self) -> Segment | None:
        """The first of these; None where the group orders no drug."""
        return next(iter(self.details), None)

    @property
    def routes(self) -> tuple[Segment, ...]:
        """The RXR behind the drug, else those before it."""
        return self._behind("RXR") or self._before("RXR")

    @property
    def components(self) -> tuple[Segment, ...]:
        """The RXC of the drug: never those of an RXO where an RXE stands for it."""
        return self._behind("RXC")

    @property
    def timings_behind(self) -> tuple[Segment, ...]:
        """The TQ1 behind the drug."""
        return self._behind("TQ1")

    @property
    def timings_before(self) -> tuple[Segment, ...]:
        """The TQ1 before the drug."""
        return self._before("TQ1")

    @property
    def doses(self) -> tuple[tuple[Segment, tuple[Segment, ...]], ...]:
        """Each RXA with the RXR behind it, else those before the first one."""
        found: list[tuple[Segment, tuple[Segment, ...]]] = []
        own: list[Segment] = []
        behind: tuple[Segment, ...] = ()
        for item in reversed(self.segments):
            if item.name == "RXR":
                own.append(item)
            elif item.name == "RXA":
                behind = tuple(reversed(own)) or behind
                found.append((item, behind))
                own = []
        before = tuple(reversed(own))
        return tuple((rxa, routes or before) for rxa, routes in reversed(found))

    def _place(self) -> int:
        detail = self.detail
        return self.segments.index(detail) if detail is not None else len(self.segments)

    def _behind(self, name: str) -> tuple[Segment, ...]:
        return tuple(item for item in self.segments[self._place() :] if item.name == name)

    def _before(self, name: str) -> tuple[Segment, ...]:
        return tuple(item for item in self.segments[: self._place()] if item.name == name)


def groups(message: Message) -> tuple[Group, ...]:
    """What stands before the first ORC, then each ORC with what belongs to it."""
    found: list[Group] = []
    orc: Segment | None = None
    held: list[Segment] = []
    for segment in message.segments[1:]:
        if segment.name == "ORC":
            found.append(Group(orc, tuple(held)))
            orc, held = segment, []
        held.append(segment)
    return (*found, Group(orc, tuple(held)))
