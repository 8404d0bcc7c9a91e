"""The ward day: a story told for the first start, for the demonstration and for tests.

`telling.yaml` tells it, `ward_day.jsonl` is the same in our `events` format, `expectations.yaml` says what
must come of it.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
TELLING = FOLDER / "telling.yaml"
EVENTS = FOLDER / "ward_day.jsonl"
EXPECTATIONS = FOLDER / "expectations.yaml"
