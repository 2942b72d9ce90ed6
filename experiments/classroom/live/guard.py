"""Who may ask the classroom for what: names it answers to, pages of its own only, and a limit of rate and size."""

from __future__ import annotations

import collections
import ipaddress
import socket
import time
import urllib.parse
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REQUESTS_A_SECOND, AT_ONCE = 40.0, 400.0  # of one address; a page takes some forty files
LARGEST = 64_000  # bytes of a request
LOCAL = ("localhost", "127.0.0.1", "::1")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"),
]  # fmt: skip


class Buckets:
    """A number of requests by address, which fills again with time."""

    def __init__(self, rate: float, most: float, clock=time.monotonic):
        self._rate, self._most, self._clock = rate, most, clock
        self._left: collections.OrderedDict[str, tuple[float, float]] = collections.OrderedDict()

    def take(self, address: str) -> bool:
        """Whether one more is allowed."""
        now = self._clock()
        left, last = self._left.pop(address, (self._most, now))
        left = min(self._most, left + self._rate * (now - last))
        self._left[address] = (max(0.0, left - 1.0), now)
        while len(self._left) > 10_000:
            self._left.popitem(last=False)
        return left >= 1.0


class Guard:
    """Lets requests through that are for this host, from its own pages, neither too many nor too large."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], buckets: Buckets | None = None):
        self.app, self.hosts = app, frozenset(hosts)
        self.buckets = buckets or Buckets(REQUESTS_A_SECOND, AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refusal = self.refusal(scope)
        if refusal is not None:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            return await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send)

        async def send_with_headers(message) -> None:
            if message["type"] == "http.response.start":
                message = message | {"headers": [*message.get("headers", []), *HEADERS]}
            await send(message)

        return await self.app(scope, receive, send_with_headers)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason, or None where a request may pass."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if host_of(f"//{host}") not in self.hosts:
            return 400, "This classroom does not answer to that name; open the address that it printed.\n"
        origin = headers.get("origin")
        if origin is not None and urllib.parse.urlsplit(origin).netloc != host:
            return 403, "Another site has asked; open the classroom itself.\n"
        size = headers.get("content-length", "0")
        if not size.isdigit() or int(size) > LARGEST:
            return 413, "That is too large.\n"
        client = scope.get("client")
        if not self.buckets.take(client[0] if client else "-"):
            return 429, "Too many requests; wait a moment.\n"
        return None


def host_of(address: str) -> str:
    """The name or number of a host, without its port; empty for what is none."""
    try:
        return urllib.parse.urlsplit(address).hostname or ""
    except ValueError:
        return ""


def own_addresses() -> list[str]:
    """Addresses of this machine in its local network, of the kind that is served."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of documentation: nothing is sent
            found = probe.getsockname()[0]
        except OSError:
            return []
    return [] if ipaddress.ip_address(found).is_loopback else [found]
