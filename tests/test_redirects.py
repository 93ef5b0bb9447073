"""Servers that redirect: never from https to an address without it, whoever asks."""

import datetime
import ipaddress
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import shapely
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.core import http
from pipeline.core.errors import InputError
from pipeline.core.http import Patience
from pipeline.sources.elevation import elevation
from pipeline.sources.extracts import download, geofabrik, replication
from pipeline.sources.overpass import client
from tests.file_server import FileServer
from tests.test_geofabrik import write_extract

ONCE = Patience(tries=1, wait_s=0.0)
TILE = elevation.tile_name(9, 47, 30)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of a server on loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2100, 1, 1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(autouse=True)
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(download, "SPARE_BYTES", 0)
    monkeypatch.setattr(elevation, "TRIES", 1)


def ask(url: str, _: Path) -> None:
    http.ask("GET", f"{url}/a", ONCE)


def fetch(url: str, folder: Path) -> None:
    download.fetch(f"{url}/a", folder / "fetched")


def read_tile(url: str, folder: Path) -> None:
    area = shapely.box(9.1, 47.1, 9.2, 47.2)
    elevation.mosaic(folder / "dem.tif", area, 1200, 30, url, {TILE}, np.empty((0, 2, 2)))


def update(url: str, folder: Path) -> None:
    write_extract(folder / "here.osm.pbf", 3, sequence=1)
    replication.update(folder / "here.osm.pbf", (geofabrik.SERVER, url))


def ask_overpass(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERPASS_URL", url)
    client.configure()
    client.ask(folder, "out;", None)


ASKING: dict[str, tuple[str, str]] = {
    "ask": ("GET", "/a"),
    "fetch-head": ("HEAD", "/a"),
    "fetch-sum": ("GET", "/a.md5"),
    "fetch": ("GET", "/a"),
    "tile": ("HEAD", f"/{TILE}/{TILE}.tif"),
    "update": ("GET", "/region/here-updates/state.txt"),
    "overpass-status": ("GET", "/status"),
    "overpass": ("POST", "/interpreter"),
}


@pytest.mark.parametrize("case", ASKING)
def test_no_redirect_leads_from_https_to_http(
    case: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking: dict[str, Callable[[str, Path], None]] = {
        "ask": ask, "fetch": fetch, "tile": read_tile, "update": update,
        "overpass": partial(ask_overpass, monkeypatch=monkeypatch),
    }  # fmt: skip
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a").write_text("content")
    with FileServer(folder) as plain:
        there = f"{plain.url}/b?token=s3cret"

        def fault(method: str, path: str) -> str | None:
            return there if (method, path) == ASKING[case] else None

        with FileServer(folder, fault, certificate) as server:
            message = rf"^{server.url}/.*: redirects to {plain.url}/b\?token=…, expected an https"
            with pytest.raises(InputError, match=message):
                asking[case.partition("-")[0]](server.url, tmp_path)
        assert plain.asked == []
    assert not list(tmp_path.glob("fetched*"))


def test_other_redirects_are_followed(certificate: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("content")
    with FileServer(tmp_path, certificate=certificate) as encrypted:
        for kind in (None, certificate):
            for target in (f"{encrypted.url}/b", f"HTTPS{encrypted.url[5:]}/b"):

                def fault(_: str, path: str, target: str = target) -> str | None:
                    return target if path == "/a" else None

                with FileServer(tmp_path, fault, kind) as server:
                    assert http.ask("GET", f"{server.url}/a", ONCE).text == "content"
