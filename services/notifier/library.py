"""The function library, put together: the Lua files of `functions/` under one header with the table of
moves.

Functions rather than scripts or transactions: state test, idempotency, timer, audit and orders are one
atomic step, and a client that repeats a call changes nothing. The name carries the version of the key
layout, so that two releases can run side by side during an upgrade. Only commands of Redis 7.0 are used.
"""

from functools import cache
from importlib.resources import files

from services.notifier.lifecycle import MOVES

VERSION = 2
LIBRARY = f"dosewarden_{VERSION}"
_FUNCTION_PREFIX = f"dw{VERSION}_"
_PARTS = (
    "keys", "layout", "ladder", "orders", "timing", "judging", "apply", "due", "deliveries", "powers", "act",
    "silences", "store", "snapshots", "journal",
)  # fmt: skip


def function(name: str) -> str:
    """The full name under which the store knows one of our functions, for example "dw2_apply"."""
    return _FUNCTION_PREFIX + name


def _moves_in_lua() -> str:
    states = []
    for state, moves in MOVES.items():
        entries = ", ".join(f"['{event.value}'] = '{target.value}'" for event, target in moves.items())
        states.append(f"  {state!s} = {{ {entries} }},")
    return "local MOVES = {\n" + "\n".join(states) + "\n}\n"


@cache
def source() -> str:
    """The text for FUNCTION LOAD."""
    folder = files("services.notifier") / "functions"
    parts = [(folder / f"{name}.lua").read_text(encoding="utf-8") for name in _PARTS]
    header = f"#!lua name={LIBRARY}\nlocal FN = '{_FUNCTION_PREFIX}'\n"
    return header + _moves_in_lua() + "\n".join(parts)
