"""`python -m services.notifier`: the notifier, with its settings from the environment."""

import asyncio
import logging
import os
import sys

import uvloop

from services.notifier.app import run
from services.notifier.environment import BadSettings
from services.notifier.policy.files import BadPolicy
from services.notifier.settings import Settings
from services.notifier.tiers import BadTierPolicy


def main() -> int:
    """Run until told to stop; the exit code."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    try:
        settings = Settings.from_environment(os.environ)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    except (BadSettings, BadTierPolicy, BadPolicy) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
