"""`dosewarden intake`: the doors that stay open, the one on Kafka, and what they would make of files."""

import sys

import click

from services.cli.intake_check import check
from services.cli.intake_sources import sources


@click.group(invoke_without_command=True)
@click.pass_context
def intake(context: click.Context) -> None:
    """Run the doors that stay open: what is brought to them goes into Kafka, and is answered then.

    \b
    DOSEWARDEN_KAFKA            host:port, several separated by commas  [127.0.0.1:9092]
    DOSEWARDEN_KAFKA_..., DOSEWARDEN_PROFILE   TLS, logging in, production: docs/security-in-transit.md
    DOSEWARDEN_SITE_KEY(_FILE)  the site's secret, at least 16 bytes (or the file that holds it); required
    DOSEWARDEN_ZONE             the facility's time zone, for times without an offset  [UTC]
    DOSEWARDEN_TIME_DOMAIN      live | simulated  [live]
    DOSEWARDEN_INTAKE_HTTP      where FHIR R4 listens  [127.0.0.1:8180]
    DOSEWARDEN_INTAKE_HTTP_...  CERTIFICATE, KEY, CLIENT_CA, CLIENT_CRL: TLS, whose clients' certificates
                                count, and which are revoked
    DOSEWARDEN_INTAKE_SOURCES   file with the sources that may speak and how each proves who it is  [none]
    DOSEWARDEN_INTAKE_TRUST     loopback | network: whether doors may be open beyond this machine to whoever
                                reaches them; without sources for simulated time only  [loopback]
    DOSEWARDEN_INTAKE_SOURCE    who speaks, as facts name it, where there are no sources  [fhir]
    DOSEWARDEN_INTAKE_LARGEST_MIB  the largest Bundle or NDJSON, unpacked  [16]
    DOSEWARDEN_INTAKE_BODY_S    within how many seconds a body must arrive  [30]
    DOSEWARDEN_INTAKE_PATIENCE_S   how long Kafka may keep silent before a client is told 503  [15]

    \b
    DOSEWARDEN_INTAKE_MLLP      where HL7 v2 by MLLP listens, for example 127.0.0.1:2575  [closed]
    DOSEWARDEN_INTAKE_MLLP_...  SOURCE, CERTIFICATE, KEY, CLIENT_CA, CLIENT_CRL, UNSTORED, CONNECTIONS,
                                IDLE_S, FRAME_S: see docs/intake.md

    \b
    Exit codes: 0 stopped, 1 failed (start it again), 2 a setting is wrong.
    """
    if context.invoked_subcommand is not None:
        return
    from services.intake.__main__ import main

    sys.exit(main())


@click.command()
def kafka() -> None:
    """Run one worker of the Kafka door: what sources write to their topics goes on to `patient-events`.

    It reads prescription-events, dose-events and context-events: one event per record, as JSON or as a
    CloudEvent. Start as many workers as there is work for; Kafka shares out the partitions. No offset is
    committed before Kafka has everything that was said up to it.

    \b
    DOSEWARDEN_KAFKA            host:port, several separated by commas  [127.0.0.1:9092]
    DOSEWARDEN_KAFKA_..., DOSEWARDEN_PROFILE   TLS, logging in, production: docs/security-in-transit.md
    DOSEWARDEN_SITE_KEY(_FILE)  the site's secret, at least 16 bytes (or the file that holds it); required
    DOSEWARDEN_TIME_DOMAIN      live | simulated  [live]
    DOSEWARDEN_INTAKE_GROUP     consumer group  [dosewarden-intake]
    DOSEWARDEN_PRESCRIPTIONS_TOPIC, DOSES_TOPIC, CONTEXT_TOPIC   other names of the three topics
    DOSEWARDEN_SESSION_S        after how long without a sign a worker's partitions go to others  [15]
    DOSEWARDEN_BATCH_RECORDS    records of one fetch  [2000]

    \b
    Exit codes: 0 stopped, 1 failed (start it again), 2 a setting is wrong,
    3 refused (read the last line and act; starting it again changes nothing).
    """
    from services.intake.kafka.__main__ import main

    sys.exit(main())


intake.add_command(check)
intake.add_command(sources)
intake.add_command(kafka)
