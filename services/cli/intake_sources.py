"""`dosewarden intake sources`: the file that says who may speak at the doors."""

import sys
from pathlib import Path

import click

from services.intake.trust.file import BadSources, sources_in
from services.intake.trust.sources import Source


@click.group()
def sources() -> None:
    """The file that says who may speak at the doors (DOSEWARDEN_INTAKE_SOURCES)."""


@sources.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Read FILE as the service does: its sources, one a line, or all that is wrong with it.

    Exit codes: 0 it can be used, 1 it cannot.
    """
    try:
        found = sources_in(file)
    except BadSources as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for source in found.sources:
        click.echo(_in_words(source))


def _in_words(source: Source) -> str:
    proofs = {"certificate": source.certificate, "token": source.token, "address": source.address}
    how = " or ".join(name for name, proof in proofs.items() if proof is not None)
    kinds = "any kind" if source.kinds is None else ", ".join(source.kinds)
    facilities = "any facility" if source.facilities is None else ", ".join(source.facilities)
    authorities = source.patient_authorities
    patients = "any patient" if authorities is None else f"patients of {', '.join(authorities)}"
    silence = f"missed after {source.maximum_silence.total_seconds():g} s"
    return f"{source.name}: by {how}; {kinds}; {facilities}; {patients}; {silence}"
