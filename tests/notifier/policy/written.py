"""A small policy as its files, and ways to change one line of it."""

from pathlib import Path

import pytest

from services.notifier.policy.files import BadPolicy, load_policy
from services.notifier.policy.site import SitePolicy

PEOPLE = """\
people:
  - {id: n-1, role: nurse, channels: [{by: webhook}, {by: smtp, address: n1@hospital.example}]}
  - {id: n-2, role: nurse, channels: [{by: webhook, address: "https://pager.example/n2"}]}
  - {id: d-1, role: prescriber, channels: [{by: webhook, address: "https://pager.example/d1"}]}
  - {id: boss, role: charge-nurse, channels: [{by: smtp, address: boss@hospital.example}]}
"""
ROTAS = """\
zone: Europe/Berlin
rotas:
  - id: nurses
    role: nurse
    wards: ["3", "4"]
    layers:
      - shifts:
          - {days: every day, begins: 06:00, ends: 18:00, together: [n-1]}
          - {days: every day, begins: 18:00, ends: 06:00, together: [n-2]}
  - id: doctors
    layers: [{shifts: [{days: every day, begins: 00:00, ends: 00:00, together: [d-1]}]}]
"""
ROUTES = """\
wards: ["3", "4"]
routes:
  - id: kidneys
    wards: ["3"]
    tiers: [2]
    checks: [renal-dose]
    steps:
      - tell: [rota:doctors]
      - {unanswered: 5 min, tell: [person:boss]}
    fallback: [role:nurse]
    acknowledged_for: 1 h
  - id: loud
    wards: all
    tiers: [1, 2]
    steps:
      - tell: [role:nurse]
      - {unanswered: 5 min, tell: [role:nurse, rota:doctors], by: [webhook]}
    repeat: 2
    fallback: [person:boss]
    acknowledged_for: 15 min
  - id: soft
    wards: all
    tiers: [3]
    steps:
      - tell: [role:nurse]
      - {unanswered: 60 min, tell: [role:nurse]}
    fallback: [person:boss]
    acknowledged_for: 4 h
    expires_after: 12 h
unmatched:
  steps:
    - tell: [person:boss]
    - {unanswered: 5 min, tell: [rota:doctors]}
  fallback: [rota:nurses]
  acknowledged_for: 30 min
technical:
  steps:
    - tell: [person:boss]
    - {unanswered: 5 min, tell: [rota:doctors]}
  fallback: [rota:nurses]
  acknowledged_for: 30 min
quiet_hours:
  - {wards: ["3"], tiers: [3], days: every day, begins: 22:00, ends: 06:00}
"""
_FILES = {"people.yaml": PEOPLE, "rotas.yaml": ROTAS, "routes.yaml": ROUTES}


def changed(old: str, new: str) -> dict[str, str]:
    """The files with one text in one of them changed; the text must be there once."""
    (name,) = (name for name, text in _FILES.items() if text.count(old) == 1)
    return {name: _FILES[name].replace(old, new)}


def policy(directory: Path, files: dict[str, str] | None = None) -> SitePolicy:
    return load_policy(put(directory, files or {}))


def put(directory: Path, files: dict[str, str]) -> Path:
    for name, text in {**_FILES, **files}.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def complaints(directory: Path, channels: frozenset[str] | None = None) -> list[str]:
    """Everything that is wrong with the policy in a directory; fails where nothing is."""
    with pytest.raises(BadPolicy) as refused:
        load_policy(directory, channels)
    return [str(problem) for problem in refused.value.problems]
