"""`python -m services.intake`: the doors that stay open, with their settings from the environment."""

import asyncio
import logging
import os
import sys

import uvloop

from services.intake.app import CannotListen, run
from services.intake.mllp.settings import mllp_settings
from services.intake.revoking import revocation_lists
from services.intake.settings import BadSettings, Prefixed, Settings
from services.intake.tls import server_tls


def main() -> int:
    """Run until told to stop; the exit code."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            settings = Settings.from_environment(os.environ)
            mllp = mllp_settings(os.environ, network=settings.network, sources=settings.sources)
            tls = server_tls(Prefixed(os.environ), "INTAKE_HTTP", required=False)
            doors = {"INTAKE_HTTP": tls, "INTAKE_MLLP": None if mllp is None else mllp.tls}
            lists = revocation_lists(Prefixed(os.environ), doors)
            runner.run(run(settings, mllp=mllp, http_tls=tls, revocations=lists))
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except CannotListen as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
