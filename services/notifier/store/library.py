"""The function library, put together: the Lua files of `functions/` under one header with the table of
moves.

Functions rather than scripts or transactions: state test, idempotency, timer, audit and orders are one
atomic step, and a client that repeats a call changes nothing. The names carry the version of the key layout
and a digest of the text: every connection loads what its own build calls, and with the version alone two
builds beside each other, during an upgrade, would replace each other's functions between two calls. Only
commands of Redis 7.0 are used.
"""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from services.notifier.store.lifecycle import MOVES

VERSION = 2
_PARTS = (
    "keys", "layout", "ladder", "orders", "timing", "judging", "apply", "due", "standing", "deliveries",
    "powers", "act", "silences", "store", "snapshots", "journal",
)  # fmt: skip


def function(name: str) -> str:
    """The full name under which the store knows one of our functions, for example "dw2_1f0c9a3b_apply"."""
    return f"dw{_build(body())}_{name}"


def source() -> str:
    """The text for FUNCTION LOAD."""
    return text_of(body())


@cache
def text_of(body: str) -> str:
    """The text for FUNCTION LOAD of a build whose functions are these, under names of its own."""
    return f"#!lua name=dosewarden_{_build(body)}\nlocal FN = 'dw{_build(body)}_'\n{body}"


@cache
def body() -> str:
    """The moves and all functions of this build."""
    folder = files("services.notifier.store") / "functions"
    parts = [(folder / f"{name}.lua").read_text(encoding="utf-8") for name in _PARTS]
    return _moves_in_lua() + "\n".join(parts)


@cache
def _build(body: str) -> str:
    return f"{VERSION}_{sha256(body.encode()).hexdigest()[:8]}"


def _moves_in_lua() -> str:
    states = []
    for state, moves in MOVES.items():
        entries = ", ".join(f"['{event.value}'] = '{target.value}'" for event, target in moves.items())
        states.append(f"  {state!s} = {{ {entries} }},")
    return "local MOVES = {\n" + "\n".join(states) + "\n}\n"
