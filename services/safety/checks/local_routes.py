"""Routes by which little of a drug reaches the rest of the body."""

from schemas.medications import Route

LOCAL_ROUTES = frozenset({Route.TOPICAL, Route.OPHTHALMIC, Route.OTIC, Route.NASAL})
