"""Serving: what an answer costs beside nginx, and how long subscribers wait while feeds come in."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from benchmarks.farm import Farm
from benchmarks.load import storm
from benchmarks.measure import apart, cpu_of
from benchmarks.ours import Daemon, configured, free_port, serving
from benchmarks.peers import program
from benchmarks.results import Row, Target
from benchmarks.scale import Site
from benchmarks.stocked import stock

CONNECTIONS = 16
STOCKED = 10  # feeds
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off; gzip_static on; keepalive_requests 1000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def measure(site: Site) -> Iterator[Row]:
    """Ask both servers for the same file; then ask ours, by many, while it fetches."""
    scale, folder = site.scale, site.folder / "serving"
    with Farm(feeds=STOCKED + scale.feeds // 10, items=scale.items) as farm:
        port = free_port()
        config = stock(folder, farm.urls(STOCKED), server=f"{{port: {port}}}")
        costs: dict[tuple[str, bool], list[float]] = {}
        with Daemon(config) as ours, _nginx(folder) as nginx:
            ours.ready()
            for _ in range(scale.rounds):
                for name, pid, at in [("ours", ours.pid, port), *nginx]:
                    for known in (True, False):
                        cost = _cost(pid, at, scale.requests, known=known)
                        costs.setdefault((name, known), []).append(cost)
        for known, what in ((True, "304"), (False, "stored gzip")):
            yield Row(
                stage="serving",
                what=f"{what}: CPU an answer",
                unit="µs",
                ours=tuple(costs["ours", known]),
                others={"nginx": tuple(costs.get(("nginx", known), ()))},
                target=Target(most=4, of="nginx"),
            )
        spread = f"{{every: {max(1, round(scale.seconds))}s}}"  # over which new sources are asked
        configured(folder, farm.urls(), server=f"{{port: {port}}}", defaults=spread)
        with Daemon(config):
            serving(port)
            waits = apart(storm, port, clients=scale.clients, seconds=scale.seconds, known=True)
        yield Row(
            stage="serving",
            what=f"304 for {scale.clients:,} clients while feeds come in: 99 % within",
            unit="ms",
            ours=(quantiles(waits, n=100)[98] * 1000,),
            target=Target(most=50),
        )


def _cost(pid: int, port: int, requests: int, *, known: bool) -> float:
    """Return the microseconds of CPU that an answer costs a server."""
    before = cpu_of(pid)
    found = apart(storm, port, clients=min(CONNECTIONS, requests), requests=requests, known=known)
    return (cpu_of(pid) - before) / len(found) * 1e6


@contextmanager
def _nginx(folder: Path) -> Iterator[list[tuple[str, int, int]]]:
    """Yield the name, the process and the port of nginx, where there is one."""
    path = program("nginx")
    if not path:
        yield []
        return
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, root=folder / "data" / "public"))
    process = subprocess.Popen([path, "-c", str(config), "-p", str(folder)])
    try:
        serving(port)
        yield [("nginx", process.pid, port)]
    finally:
        process.terminate()
        process.wait()
