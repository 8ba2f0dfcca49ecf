"""The door at which hubs knock that push feeds to us."""

import asyncio

from aiohttp import web

from aggregator.behind import Behind
from aggregator.errors import StoreError
from aggregator.serve.answers import ALWAYS, FEED_POLICY, nothing

MOST_BRINGING = 30.0  # seconds that a hub may take


class Door:
    """Where hubs knock (WebSub, 5 and 7). Who knocks elsewhere learns nothing, and is not listened to."""

    def __init__(self, behind: Behind, *, most_bytes: int) -> None:
        self._behind, self._most = behind, most_bytes

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one visit."""
        try:
            return await self._answered(request, request.match_info["token"])
        except StoreError:
            return _again()

    async def _answered(self, request: web.Request, token: str) -> web.Response:
        is_expected = await self._behind.expects(token)
        if is_expected is None:
            return _again()
        if request.method == "POST":
            status = await self._taken(request, token) if is_expected else 410  # forget us (WebSub, 7)
            return web.Response(status=status, headers=ALWAYS)
        challenge = await self._behind.confirm(token, request.query) if request.method == "GET" else None
        if challenge is None:
            return nothing()
        return web.Response(text=challenge, headers={**ALWAYS, "Content-Security-Policy": FEED_POLICY})

    async def _taken(self, request: web.Request, token: str) -> int:
        """Take what a hub brings, and return a status."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return 415
        body = bytearray()
        try:
            async with asyncio.timeout(MOST_BRINGING):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > self._most:
                        return 413
        except TimeoutError:
            return 408
        headers = request.headers
        has_room = await self._behind.deliver(
            token,
            bytes(body),
            media_type=headers.get("Content-Type", ""),
            signature=headers.get("X-Hub-Signature", ""),
        )
        return 202 if has_room else 503


def _again() -> web.Response:
    return web.Response(status=503, headers={**ALWAYS, "Retry-After": "60"})
