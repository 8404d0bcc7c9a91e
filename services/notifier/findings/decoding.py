"""Bytes from `detected-issues` to a record, or to the reason why not.

The reason never repeats the input: a rejected record may hold patient data in any field.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from schemas.issues import DETECTED_ISSUE_RECORD, IssueRecord


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why a record cannot be read: a reason code, and where in the record, without its values."""

    reason: str
    detail: str


def decode(value: bytes) -> IssueRecord | Undecodable:
    """The record in `value`, or why it is none."""
    try:
        return DETECTED_ISSUE_RECORD.validate_json(value)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        if any(problem["type"] == "json_invalid" for problem in problems):
            return Undecodable("not-json", "the record is not JSON")
        where = (
            "/".join(str(step) for step in problem["loc"]) + " " + problem["type"] for problem in problems[:5]
        )
        return Undecodable("wrong-schema", "; ".join(where))
