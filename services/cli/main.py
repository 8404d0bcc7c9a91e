"""The `dosewarden` command. Subcommands are imported when called, so that each starts with what it needs."""

import importlib
import sys

import click

_COMMANDS = {
    "alerts": "services.cli.alerts:alerts",
    "audit": "services.cli.audit:audit",
    "backtest": "services.cli.backtest:backtest",
    "explain": "services.cli.explain:explain",
    "feed": "services.cli.feed:feed",
    "go-live": "services.cli.go_live:go_live",
    "intake": "services.cli.intake:intake",
    "knowledge": "services.cli.knowledge:knowledge",
    "notifier": "services.cli.services:notifier",
    "policy": "services.cli.policy:policy",
    "rejected": "services.cli.rejected:rejected",
    "replay": "services.cli.replay:replay",
    "safety": "services.cli.services:safety",
    "stats": "services.cli.stats:stats",
    "topics": "services.cli.topics:topics",
    "up": "services.cli.up:up",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click names it)
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dosewarden")
def main() -> None:
    """Watch what was prescribed and what was given, and tell somebody until they answer.

    Exit codes: 0 success, 1 a finding you asked to be told of, 2 wrong usage.
    """


if __name__ == "__main__":
    sys.exit(main())
