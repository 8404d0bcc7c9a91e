"""The short way for single resources: most of what comes, and the framework's own way (its layers around each
request, seven routes to match, dependencies to solve that there are none of) costs a fourth of the whole.

The routes of `service.py` describe the same and take whatever is not matched here: other errors are theirs.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from services.intake.http.description import ID_PATTERN, TYPE_PATTERN

Answering = Callable[[Request, str, str | None], Awaitable[Response]]
Said = Mapping[type[Exception], Callable[[Request, Any], Awaitable[Response]]]
"""How each error is answered."""


class ShortWay:
    """POST of a type and PUT of an id, before everything else. `described` has the route of each method that
    is shown in logs, counts and the description; `said` are the errors that `answer` may raise.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        base: str,
        described: Mapping[str, BaseRoute],
        answer: Answering,
        said: Said,
    ) -> None:
        self._app = app
        self._base = base
        kind, identity = TYPE_PATTERN.strip("^$"), ID_PATTERN.strip("^$")
        self._places = {
            "POST": re.compile(f"{re.escape(base)}/({kind})()"),
            "PUT": re.compile(f"{re.escape(base)}/({kind})/({identity})"),
        }
        self._described = described
        self._answer = answer
        self._said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. A slash at the end, as some clients make of a base URL, means the same without it."""
        if scope["type"] == "http" and scope["path"].startswith(self._base) and scope["path"].endswith("/"):
            scope["path"] = scope["path"].removesuffix("/")
        place = self._places.get(scope["method"]) if scope["type"] == "http" else None
        found = place.fullmatch(scope["path"]) if place is not None else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = self._described[scope["method"]]
        request = Request(scope, receive)
        try:
            response = await self._answer(request, found[1], found[2] or None)
        except tuple(self._said) as error:
            response = await self._said[type(error)](request, error)
        await response(scope, receive, send)
