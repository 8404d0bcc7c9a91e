"""What commands that look at alerts ask alike: where these are kept. How Redis is spoken to, the environment
says.
"""

import os

import click

from services.transit.reading import BadTransit
from services.transit.redis import DEFAULT_REDIS, RedisServer, redis_from

redis_option = click.option(
    "--redis",
    envvar="DOSEWARDEN_REDIS",
    default=DEFAULT_REDIS,
    metavar="URL",
    help="Where the alerts are kept; else DOSEWARDEN_REDIS.",
)


def redis_at(url: str) -> RedisServer:
    """The server at that URL; asked only where a command speaks to it. Raises `click.UsageError`."""
    try:
        return redis_from(os.environ, url)
    except BadTransit as error:
        raise click.UsageError(str(error)) from error
