"""Compares the bucket with what CloudWatch Logs delivered: nothing may be missing, duplicated or changed."""

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import console

LOST_HINT = (
    "The end of the transformer's log is printed above. If `make test` passes, that is a defect:"
    " please report it with this output."
)


@dataclass
class BucketContents:
    """The objects of a bucket."""

    objects: dict[str, list[dict]] = field(default_factory=dict)
    """Key -> lines, which are documents of the schema `ecs`, of the objects below `logs/`."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Key -> bytes."""
    failed: list[str] = field(default_factory=list)
    """Keys outside of `logs/`: the error output."""

    def read(self, s3, bucket: str) -> None:
        """Reads the objects that arrived since the last call."""
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                key = entry["Key"]
                if key in self.objects or key in self.failed:
                    continue
                if not key.startswith("logs/"):
                    self.failed.append(key)
                    continue
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                self.objects[key] = [json.loads(line) for line in gzip.decompress(body).splitlines()]
                self.sizes[key] = entry["Size"]

    @property
    def lines(self) -> list[dict]:
        return [line for lines in self.objects.values() for line in lines]

    def by_partition(self) -> dict[tuple[str, str], list[str]]:
        """(account, source), from the keys -> keys."""
        partitions = defaultdict(list)
        for key in sorted(self.objects):
            partitions[partition(key)].append(key)
        return dict(sorted(partitions.items()))

    def check(self, delivered: dict) -> int:
        """Checks that exactly the delivered events are here; returns their number."""
        if self.failed:
            raise console.Failure(f"{len(self.failed)} objects in the error output, such as {self.failed[0]}", LOST_HINT)
        sent = Counter(
            (message["owner"], message["log_group"], message["log_stream"], event["id"], event["message"])
            for message in delivered["messages"]
            for event in message["events"]
        )
        found = Counter(
            (account, *aws["cloudwatch"].values(), event["id"], event["original"])
            for key, lines in self.objects.items()
            for account, aws, event in ((partition(key)[0], line["aws"], line["event"]) for line in lines)
        )
        if sent != found:
            raise console.Failure(
                f"of {sent.total()} delivered events, {(sent - found).total()} are missing in S3;"
                f" {(found - sent).total()} events in S3 were never delivered",
                LOST_HINT,
            )
        return found.total()


def partition(key: str) -> tuple[str, str]:
    """The account and the source that a key names."""
    parts = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    return parts["account"], parts["source"]
