"""What commands that speak to Kafka ask alike: where it is. How it is spoken to, the environment says."""

import os
from collections.abc import Mapping

import click

from services.transit.kafka import DEFAULT_KAFKA, Broker
from services.transit.kafka_settings import broker_from
from services.transit.reading import BadTransit, Stated


def _broker(_context: click.Context, _option: click.Parameter, addresses: str) -> Broker:
    try:
        return broker_from(os.environ, addresses)
    except BadTransit as error:
        raise click.UsageError(str(error)) from error


def in_production(environment: Mapping[str, str]) -> bool:
    """Whether the profile is `production`. Raises `click.UsageError`."""
    try:
        return Stated(environment).production()
    except BadTransit as error:
        raise click.UsageError(str(error)) from error


kafka_option = click.option(
    "--kafka",
    default=DEFAULT_KAFKA,
    envvar="DOSEWARDEN_KAFKA",
    show_default=True,
    metavar="HOST:PORT",
    callback=_broker,
    help="The broker; else DOSEWARDEN_KAFKA.",
)
