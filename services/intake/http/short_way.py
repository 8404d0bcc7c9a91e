"""The short way for single resources: most of what comes, and the framework's own way (seven routes to
match, dependencies to solve that there are none of) costs an eighth of the whole.

The routes of `service.py` describe the same and take whatever is not matched here: errors are theirs.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.intake.http.description import ID_PATTERN, TYPE_PATTERN

Answering = Callable[[Request, str, str | None], Awaitable[Response]]


class _Text(Convertor[str]):
    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Type(_Text):
    regex = TYPE_PATTERN.strip("^$")


class _Id(_Text):
    regex = ID_PATTERN.strip("^$")


register_url_convertor("fhir_type", _Type())
register_url_convertor("fhir_id", _Id())


def short_ways(base: str, described: Mapping[str, BaseRoute], answer: Answering) -> list[Route]:
    """Routes for POST of a type and PUT of an id. `described` has the route of each method that is shown in
    logs, counts and the description.
    """

    async def create(request: Request) -> Response:
        request.scope["route"] = described["POST"]
        return await answer(request, request.path_params["kind"], None)

    async def update(request: Request) -> Response:
        request.scope["route"] = described["PUT"]
        return await answer(request, request.path_params["kind"], request.path_params["identity"])

    return [
        Route(f"{base}/{{kind:fhir_type}}", create, methods=["POST"], include_in_schema=False),
        Route(
            f"{base}/{{kind:fhir_type}}/{{identity:fhir_id}}",
            update,
            methods=["PUT"],
            include_in_schema=False,
        ),
    ]
