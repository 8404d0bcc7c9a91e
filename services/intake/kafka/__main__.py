"""`python -m services.intake.kafka`: one worker of the Kafka door, with its settings from the environment."""

import os
import sys
from collections.abc import Mapping

from services.intake.kafka.app import KafkaDoor
from services.intake.kafka.settings import KafkaSettings
from services.intake.settings import BadSettings
from services.stream.running import WRONG_USAGE, run


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Run until told to stop; the exit code."""
    try:
        settings = KafkaSettings.from_environment(environment)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE
    return run(KafkaDoor(settings))


if __name__ == "__main__":
    sys.exit(main())
