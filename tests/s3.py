"""An S3-compatible server on loopback, for tests of the real client path.

    with S3() as server:
        url = server.bucket("clips")
        ...  # with server.env in the environment

It keeps its objects while it is stopped, so that `stop` and `start` are an outage.
"""

from __future__ import annotations

import logging
import uuid
from importlib import import_module
from typing import Any, Self

import fsspec
from moto.server import ThreadedMotoServer


class S3:
    """Runs in a thread of its own, so that commands in other processes can use it."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer, at the same port as before."""
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()
        self.port = int(self._server.get_host_and_port()[1])

    def stop(self) -> None:
        """Refuse connections."""
        self._server.stop()

    @property
    def env(self) -> dict[str, str]:
        """What a client finds the server and its credentials by."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "not-a-real-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def bucket(self) -> str:
        """Make a bucket; give a URL in it."""
        name = f"clips-{uuid.uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return f"s3://{name}/some/prefix"

    @property
    def client(self) -> Any:
        """Another client than the one that is tested."""
        boto3: Any = import_module("boto3")  # which has no types
        return boto3.client(
            "s3",
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
            region_name=self.env["AWS_DEFAULT_REGION"],
        )

    def objects(self, url: str) -> dict[str, bytes]:
        """What is under a URL, by key."""
        bucket = url.split("/")[2]
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [item["Key"] for item in found]
        return {key: self.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def replace(self, url: str, key: str, body: bytes) -> None:
        """Put other bytes under a key."""
        self.client.put_object(Bucket=url.split("/")[2], Key=key, Body=body)


def forget_clients() -> None:
    """Make later file systems look at the environment again: fsspec keeps those that it made."""
    fsspec.get_filesystem_class("s3").clear_instance_cache()
