"""uvicorn around the service: how long a client may take for its head, what is logged, how it ends."""

import asyncio
import contextlib
import logging
import ssl
import time
import traceback
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.intake.ending import LEFT_WITHIN_S
from services.intake.http.callers import SOURCE
from services.intake.http.counting import MEDIA_TYPE, PLACE, Requests
from services.intake.settings import HttpLimits

log = logging.getLogger(__name__)
_LARGEST_HEAD = 64 * 1024


class Server(uvicorn.Server):
    """One HTTP server in somebody else's loop; `should_exit` ends it in good order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the service's."""
        yield


def server(
    app: ASGIApp,
    limits: HttpLimits,
    tls: ssl.SSLContext | None = None,
    admitted: Callable[[bytes], bool] = lambda _certificate: True,
) -> Server:
    """A server that is not started; it is given its sockets then. `admitted` is asked of each client
    certificate (DER).
    """
    config = uvicorn.Config(
        Watched(app),
        http=_protocol(limits.head_s, admitted),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=limits.idle_s,
        timeout_graceful_shutdown=LEFT_WITHIN_S,
        ssl_context_factory=None if tls is None else lambda _config, _usual: tls,
    )
    return Server(config)


class Watched:
    """Logs and counts each request without ids, query and payload, and keeps a defect of ours to one
    request. The counts are at /metrics.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._requests = Requests()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        if scope["path"] == PLACE and scope["method"] == "GET":
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", MEDIA_TYPE)]}
            )
            await send({"type": "http.response.body", "body": self._requests.as_text().encode()})
            return
        began, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 (its text may hold payload: only type and place are told)
            last = traceback.extract_tb(error.__traceback__)[-1]
            log.error("%s at %s:%s", type(error).__name__, last.filename, last.lineno)
            if status == 0:
                await send({"type": "http.response.start", "status": 500, "headers": _PLAIN})
                await send({"type": "http.response.body", "body": b"a defect of this service; see its log"})
                status = 500
        route = getattr(scope.get("route"), "path", "(no such place)")
        self._requests.count(route, scope["method"], status)
        spent = (time.perf_counter() - began) * 1000
        log.info("%s %s %s %d %.1f ms", _peer(scope), scope["method"], route, status, spent)


_PLAIN = [(b"content-type", b"text/plain")]


def _peer(scope: Scope) -> str:
    """Where the request came from, and of which source it is where that is known."""
    client, source = scope.get("client"), scope.get(SOURCE)
    address = str(client[0]) if client else "-"
    return f"{address} ({source})" if source else address


def _certificate(transport: asyncio.Transport) -> bytes | None:
    """The certificate that the client showed and TLS believed, in DER."""
    connection = transport.get_extra_info("ssl_object")
    return connection.getpeercert(binary_form=True) if connection is not None else None


def _protocol(head_s: float, admitted: Callable[[bytes], bool]) -> type[asyncio.Protocol]:
    """uvicorn waits for a request's head without end and of any length; this does not. And it hands over the
    client's certificate, as ASGI's extension for TLS says it.
    """

    class Impatient(HttpToolsProtocol):
        _waiting: asyncio.TimerHandle | None = None
        _head = 0
        _shown: tuple[str, ...] = ()

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            shown = _certificate(transport)
            if shown and not admitted(shown):
                log.warning("a connection is ended: its certificate is revoked, or the list is over")
                transport.abort()
                return
            self._shown = (ssl.DER_cert_to_PEM_cert(shown),) if shown else ()
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._done()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._waiting is not None:
                self._head += len(data)
            super().data_received(data)
            if self._waiting is not None and self._head > _LARGEST_HEAD:
                self.transport.close()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.scope["extensions"] = {"tls": {"client_cert_chain": self._shown}}
            self._wait()

        def on_headers_complete(self) -> None:
            self._done()
            super().on_headers_complete()

        def _wait(self) -> None:
            self._done()
            self._head = 0
            self._waiting = self.loop.call_later(head_s, self.transport.close)

        def _done(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

    return Impatient
