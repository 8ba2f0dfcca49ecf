"""The ways to serve a published folder: the built-in server, nginx and Caddy, with what we ship for these."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from aggregator.behind import Behind, Found
from aggregator.daemon.backroom import Backroom
from aggregator.daemon.front import Front
from aggregator.daemon.keeper import open_front
from aggregator.listen import bound
from aggregator.serve import serve
from aggregator.settings import Publish, Server, Settings
from aggregator.websub import Postbox
from tests.world import A_SITE, NOW, PATIENCE, in_thread

SNIPPET = Path(__file__).parent.parent / "docs" / "nginx.conf"
BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_SCRATCH = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
USUAL = Publish().max_age
HUB = "https://hub.example/"  # of the snippet
CADDYFILE = SNIPPET.with_name("Caddyfile")
CADDY = shutil.which("caddy")
NO_CADDY = "caddy is not installed; `apt-get install caddy` brings it"
MISSING = "nginx is not installed; `apt-get install nginx libnginx-mod-http-brotli-static` brings it"


def searching(search: Callable[[str, str], Found | None]) -> Backroom:
    """Stand behind a server that searches, and expects no hubs."""
    return Backroom(Postbox(clock=lambda: NOW), search)


def expecting(postbox: Postbox) -> Backroom:
    """Stand behind a server that hubs call, and where nobody searches."""
    return Backroom(postbox, lambda query, file: None)


@contextmanager
def serving(
    root: Path,
    host: str = "127.0.0.1",
    *,
    max_age: timedelta = USUAL,
    now: datetime = NOW,
    most_bytes: int = 0,
    links: Mapping[str, str] = MappingProxyType({}),
    behind: Behind | None = None,
) -> Iterator[str]:
    """Serve a folder by a thread; yield its address."""
    with bound(host, 0, knob="server.port") as sockets:
        site = serve(
            root,
            sockets,
            max_age=max_age,
            clock=lambda: now,
            links=links,
            behind=behind,
            most_bytes=most_bytes,
        )
        with in_thread(site):
            yield Server(host=host, port=sockets[0].getsockname()[1]).url


def windowed(
    root: Path, *, links: Mapping[str, str] = MappingProxyType({}), behind: Behind | None = None
) -> AbstractContextManager[Front]:
    """Serve a folder called `public` by a process of its own, as the daemon does; give what is behind it."""
    settings = Settings(site=A_SITE, sources=(), server=Server(port=0), data=str(root.parent))
    return in_thread(_windowed(settings, links, behind))


@asynccontextmanager
async def _windowed(
    settings: Settings, links: Mapping[str, str], behind: Behind | None
) -> AsyncIterator[Front]:
    async with open_front(settings, lambda: NOW) as front:
        front.behind = behind
        await front.name_hubs(dict(links))
        await asyncio.wrap_future(front.opened)
        yield front


@contextmanager
def nginx(root: Path, folder: Path, *, backend: str = "127.0.0.1:1") -> Iterator[str]:
    """Yield the address under which nginx serves a folder by our snippet: places and hubs put in."""
    assert NGINX, MISSING
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    site = SNIPPET.read_text()
    for pattern, becomes in (
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"root /srv/.*;", f"root {root};"),
        (r"# (?=~\^/\(tag)", ""),
        (r"127\.0\.0\.1:8080", backend),
        (r"gzip_static on;", "gzip_static on; brotli_static on;" if BROTLI.exists() else "gzip_static on;"),
    ):
        site, times = re.subn(pattern, becomes, site)
        assert times == 1, pattern
    folder.mkdir()
    (folder / "nginx.conf").write_text(
        (f"load_module {BROTLI};\n" if BROTLI.exists() else "")
        + ("user root;\n" if os.geteuid() == 0 else "")
        + f"pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; events {{}}\nhttp {{"
        + "".join(f"{kind}_temp_path {folder}/{kind};" for kind in _SCRATCH)
        + f"access_log off;\n{site}\n}}\n"
    )
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)  # listens once this returns
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        subprocess.run([*command, "-s", "stop"], check=True, capture_output=True, timeout=PATIENCE)


@contextmanager
def caddy(root: Path, folder: Path, *, backend: str = "127.0.0.1:1") -> Iterator[str]:
    """Yield the address under which Caddy serves a folder by our snippet: places and hubs put in."""
    assert CADDY, NO_CADDY
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    site = CADDYFILE.read_text()
    for pattern, becomes in (
        (r"(?m)^planet\.example", f"http://127.0.0.1:{port}"),
        (r"/srv/\S+", str(root)),
        (r"# (?=header @told)", ""),
        (r"127\.0\.0\.1:8080", backend),
    ):
        site, times = re.subn(pattern, becomes, site)
        assert times == 1, pattern
    folder.mkdir()
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{site}")
    command = [CADDY, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stderr=log) as running,
    ):
        try:
            _wait_for(port, running)
            yield f"http://127.0.0.1:{port}/"
        finally:
            running.terminate()


def _wait_for(port: int, running: "subprocess.Popen[bytes]") -> None:
    """Return once a server listens."""
    while running.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("it ended at once")
