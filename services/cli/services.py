"""`dosewarden safety` and `dosewarden notifier`: one service here, settings from the environment."""

import sys

import click


@click.command()
def safety() -> None:
    """Run one safety worker: keep the ledgers of its partitions and judge every event.

    \b
    DOSEWARDEN_KAFKA           host:port, several separated by commas  [127.0.0.1:9092]
    DOSEWARDEN_KAFKA_..., DOSEWARDEN_PROFILE   TLS, logging in, production: docs/security-in-transit.md
    DOSEWARDEN_SITE_KEY(_FILE) the site's secret, at least 16 bytes (or the file that holds it); required
    DOSEWARDEN_TIME_DOMAIN     live | simulated  [live]
    DOSEWARDEN_KNOWLEDGE       directory with the site's own limits  [none]
    DOSEWARDEN_KNOWLEDGE_NEXT  the same directory as it will be, to be activated without a restart  [none]
    DOSEWARDEN_JURISDICTION    whose limits hold  [US]
    DOSEWARDEN_ZONE            the facility's time zone: clock times of orders, calendar days  [UTC]
    DOSEWARDEN_SAFETY_GROUP    consumer group, also names the ledger changelog  [dosewarden-safety]
    DOSEWARDEN_SESSION_S       after how long without a sign a worker's partitions go to others  [15]
    DOSEWARDEN_REJECT_LIMIT    how many records within 10 minutes may fail to be understood  [20]

    \b
    Exit codes: 0 stopped, 1 failed (start it again), 2 a setting is wrong,
    3 refused (read the last line and act; starting it again changes nothing).
    """
    from services.safety.processor.worker import main

    sys.exit(main())


@click.command()
def notifier() -> None:
    """Run the notifier: turn issues into alerts and tell people until somebody answers.

    Its settings are described in docs/notifier.md.
    """
    from services.notifier.__main__ import main

    sys.exit(main())
