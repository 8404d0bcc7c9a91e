"""Steps that will find nobody on duty are told before their time comes."""

from pathlib import Path

from services.notifier.policy.files import load_with_places
from services.notifier.policy.foreseeing import gaps_ahead, untold_ahead
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.written import ROTAS, ROUTES, put

NOW = shown("2026-05-04 06:00")
NIGHT_OFF = ROTAS.replace("{days: every day, begins: 18:00", "{days: mon-sat, begins: 18:00")


def ahead(directory: Path, days: int = 7, **files: str) -> tuple[list[str], list[str]]:
    """Gaps, and steps that tell nobody, of a policy with these files otherwise."""
    put(directory, {name.replace("_yaml", ".yaml"): text for name, text in files.items()})
    found = load_with_places(directory)
    return (
        [
            str(one).removeprefix(f"{directory.as_posix()}/")
            for one in gaps_ahead(found.written, found.policy, NOW, days)
        ],
        [
            str(one).removeprefix(f"{directory.as_posix()}/")
            for one in untold_ahead(found.written, found.policy, NOW, days)
        ],
    )


def test_nothing_is_said_of_a_policy_that_always_has_somebody(tmp_path: Path) -> None:
    assert ahead(tmp_path, days=366) == ([], [])


def test_a_gap_and_the_steps_that_depend_on_it_are_told_with_their_lines(tmp_path: Path) -> None:
    gaps, untold = ahead(tmp_path, rotas_yaml=NIGHT_OFF)
    night = "from 2026-05-10 18:00 to 2026-05-11 06:00"
    assert gaps == [f"rotas.yaml:3: nobody is on duty by 'nurses' {night}; add a shift or a cover"]
    lines = {one.partition(": ")[0] for one in untold}
    texts = ROUTES.splitlines()
    steps = {
        f"routes.yaml:{number}"
        for number, line in enumerate(texts, start=1)
        if "tell: [role:nurse]" in line
        or line.strip() in ("fallback: [role:nurse]", "fallback: [rota:nurses]")
    }
    assert lines == steps
    assert all(night in one for one in untold)


def test_a_step_that_names_a_person_or_another_rota_as_well_always_tells_somebody(tmp_path: Path) -> None:
    both = ROUTES.replace("[role:nurse]", "[role:nurse, rota:doctors]").replace(
        "[rota:nurses]", "[person:n-1]"
    )
    gaps, untold = ahead(tmp_path, rotas_yaml=NIGHT_OFF, routes_yaml=both)
    assert (len(gaps), untold) == (1, [])


def test_a_step_that_names_a_rota_with_a_gap_and_a_person_always_tells_the_person(tmp_path: Path) -> None:
    both = ROUTES.replace("[role:nurse]", "[role:nurse, person:n-2]").replace("[rota:nurses]", "[person:n-1]")
    gaps, untold = ahead(tmp_path, rotas_yaml=NIGHT_OFF, routes_yaml=both)
    assert (len(gaps), untold) == (1, [])


def test_only_where_all_rotas_of_a_step_have_a_gap_it_tells_nobody(tmp_path: Path) -> None:
    rotas = NIGHT_OFF.replace("begins: 00:00, ends: 00:00", "begins: 00:00, ends: 20:00")
    both = ROUTES.replace("[role:nurse]", "[role:nurse, rota:doctors]")
    _, untold = ahead(tmp_path, rotas_yaml=rotas, routes_yaml=both)
    soft = [one for one in untold if "from 2026-05-10 20:00 to 2026-05-11 00:00" in one]
    assert soft
    assert all("for ward '3'" in one for one in soft)


def test_a_rota_that_has_run_out_is_told_however_soon(tmp_path: Path) -> None:
    rotas = ROTAS.replace("together: [d-1]", "together: [d-1], ending: 2026-05-01")
    gaps, _ = ahead(tmp_path, days=1, rotas_yaml=rotas)
    assert gaps == [
        "rotas.yaml:10: nobody is on duty by 'doctors' from 2026-05-04 06:00 to 2026-05-05 06:00; "
        "add a shift or a cover"
    ]
