"""The door at which hubs knock that push feeds to us."""

import asyncio

from aiohttp import web

from aggregator.serve.answers import ALWAYS, FEED_POLICY, nothing
from aggregator.websub import Postbox

MOST_BRINGING = 30.0  # seconds that a hub may take


class Door:
    """Where hubs knock (WebSub, 5 and 7). Who knocks elsewhere learns nothing, and is not listened to."""

    def __init__(self, postbox: Postbox, *, most_bytes: int) -> None:
        self._postbox, self._most = postbox, most_bytes

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one visit."""
        if not self._postbox.is_open:
            return web.Response(status=503, headers={**ALWAYS, "Retry-After": "60"})
        token = request.match_info["token"]
        if request.method == "POST":
            return web.Response(status=await self._taken(request, token), headers=ALWAYS)
        challenge = self._postbox.confirm(token, request.query) if request.method == "GET" else None
        if challenge is None:
            return nothing()
        return web.Response(text=challenge, headers={**ALWAYS, "Content-Security-Policy": FEED_POLICY})

    async def _taken(self, request: web.Request, token: str) -> int:
        """Take what a hub brings, and return a status; 410 lets it forget us (WebSub, 7)."""
        if not self._postbox.is_expected(token):
            return 410
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
        has_room = self._postbox.deliver(
            token,
            bytes(body),
            media_type=headers.get("Content-Type", ""),
            signature=headers.get("X-Hub-Signature", ""),
        )
        return 202 if has_room else 503
