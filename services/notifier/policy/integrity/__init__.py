"""What is wrong with a policy whose files are each well written: whom it misses, and what never happens."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.integrity.addresses import problems as of_addresses
from services.notifier.policy.integrity.covering import problems as of_covering
from services.notifier.policy.integrity.empowering import problems as of_powers
from services.notifier.policy.integrity.naming import problems as of_naming
from services.notifier.policy.integrity.quiet import problems as of_quiet
from services.notifier.policy.integrity.reaching import problems as of_reaching
from services.notifier.policy.integrity.silencing import problems as of_silencing
from services.notifier.policy.integrity.staff import problems as of_staff
from services.notifier.policy.integrity.steps import problems as of_steps
from services.notifier.policy.integrity.together import problems as of_together
from services.notifier.policy.site import SitePolicy
from services.safety.knowledge.problems import Problem


def problems_of(
    written: Written, policy: SitePolicy | None, channels: frozenset[str] | None
) -> Iterator[Problem]:
    """All that is wrong. `policy` is None where zone or calendars cannot be read, which is told already."""
    named = [*of_naming(written), *of_staff(written, policy)]
    yield from named
    yield from of_steps(written)
    yield from of_together(written)
    yield from of_covering(written)
    yield from of_addresses(written, channels)
    yield from of_silencing(written)
    if policy is None:
        return
    yield from of_quiet(written, policy)
    if not named:
        yield from of_reaching(written, policy)
        yield from of_powers(written, policy)
