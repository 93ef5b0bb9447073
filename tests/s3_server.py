"""An S3 server on loopback, and the settings that clients find it by."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec  # type: ignore[import-untyped]
import pytest
import requests


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, bucket: str) -> Iterator[Any]:
    """A file system with one empty bucket, as long as the block runs."""
    server = pytest.importorskip("moto.server")
    s3 = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    try:
        host, port = s3.get_host_and_port()
        # All servers of a process hold the same buckets.
        requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10).raise_for_status()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        # A cached client would use the server of an earlier test.
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        system = fsspec.filesystem("s3", skip_instance_cache=True)
        system.mkdir(bucket)
        yield system
    finally:
        s3.stop()
