"""One safety worker with the medical core; how it ends: `services.stream.running`."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.safety.processor.app import BatchApp, create_app
from services.safety.processor.collecting import spare_the_lasting
from services.safety.processor.contract import Core
from services.safety.processor.settings import BadSettings, Settings
from services.stream import running


def run(app: BatchApp, loglevel: str = "INFO") -> int:
    """Run `app` in this process; the exit code. Takes over the event loop, signals, logging and garbage."""
    spare_the_lasting()
    return running.run(app, loglevel)


def real_core(settings: Settings) -> Core[Any, Any]:
    """The medical core with the knowledge that the settings name."""
    # Imported here: a worker with another core does not need the knowledge base.
    from services.safety.core import LedgerCore
    from services.safety.knowledge.loader import load

    knowledge = load(settings.knowledge, jurisdiction=settings.jurisdiction, zone=settings.zone)
    following = None
    if settings.knowledge_next is not None:
        following = load(settings.knowledge_next, jurisdiction=settings.jurisdiction, zone=settings.zone)
    return LedgerCore(
        knowledge,
        settings.site_key,
        time_domain=settings.time_domain,
        now=lambda: datetime.now(UTC),
        following=following,
    )


def main(environment: Mapping[str, str] = os.environ) -> int:
    """A worker with its settings from the environment; the exit code."""
    from services.safety.knowledge.problems import KnowledgeError

    try:
        settings = Settings.from_environment(environment)
        core = real_core(settings)
    except (BadSettings, KnowledgeError) as error:
        sys.stderr.write(f"{error}\n")
        return running.WRONG_USAGE
    return run(create_app(settings, core))
