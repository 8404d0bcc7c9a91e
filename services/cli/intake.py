"""`dosewarden intake`: the doors, and what they would make of files."""

import click

from services.cli.intake_check import check


@click.group()
def intake() -> None:
    """The doors by which facts come in."""


intake.add_command(check)
