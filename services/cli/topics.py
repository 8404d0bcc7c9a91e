"""`dosewarden topics`: make the topics that the services need, or say what is wrong with those there are."""

import click
from confluent_kafka import KafkaException

from services.cli.broker_option import kafka_option
from services.launcher.topics import WrongTopic, ensure_topics
from services.transit.kafka import Where


@click.command()
@kafka_option
@click.option(
    "--partitions",
    type=click.IntRange(1, 1000),
    default=24,
    show_default=True,
    help="Of each topic, for ever.",
)
@click.option(
    "--replicas", type=click.IntRange(1, 9), default=1, show_default=True, help="Copies that Kafka keeps."
)
def topics(kafka: Where, partitions: int, replicas: int) -> None:
    """Make the topics that are missing, with their settings, and look at those that are there.

    A topic that is there is left as it is. Partitions cannot be added later: a patient's records would change
    their partition. Exit code 1 where one differs.
    """
    try:
        ensure_topics(kafka, partitions, replicas=replicas)
    except (WrongTopic, KafkaException) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"every topic is there, with {partitions} partitions")
