"""What commands that speak to Kafka ask alike: where it is."""

import click

kafka_option = click.option(
    "--kafka",
    default="127.0.0.1:9092",
    envvar="DOSEWARDEN_KAFKA",
    show_default=True,
    metavar="HOST:PORT",
    help="The broker; else DOSEWARDEN_KAFKA.",
)
