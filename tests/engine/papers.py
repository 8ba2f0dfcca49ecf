"""Certificates for a cluster, signed by an authority of its own; they are thrown away."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from aggregator.settings import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Files in which the machines of a cluster show who they are."""

    folder: Path

    def options(self) -> tuple[str, ...]:
        """Return the options of Dask's commands."""
        files = ("--tls-ca-file", "ca.pem"), ("--tls-cert", "machine.pem"), ("--tls-key", "machine.key")
        return tuple(word for option, name in files for word in (option, str(self.folder / name)))

    def cluster(self, scheduler: str) -> Cluster:
        ca, certificate, key = (str(self.folder / name) for name in ("ca.pem", "machine.pem", "machine.key"))
        return Cluster(scheduler=scheduler, ca=ca, certificate=certificate, key=key)


def drawn_up(folder: Path) -> Papers:
    """Make an authority, and a certificate for all machines of a cluster. Dask checks no names in it."""
    _openssl(folder, "req -x509 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority")
    _openssl(folder, "req -nodes -keyout machine.key -out machine.csr -subj /CN=machine")
    _openssl(
        folder, "x509 -req -in machine.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out machine.pem"
    )
    return Papers(folder=folder)


def _openssl(folder: Path, words: str) -> None:
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if words.startswith("req") else []
    subprocess.run(["openssl", *words.split(), *curve], cwd=folder, check=True, capture_output=True)
