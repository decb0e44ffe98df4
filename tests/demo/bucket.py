"""What stands in the bucket, beside what CloudWatch Logs delivered: nothing may be missing, doubled or changed."""

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import console

LOST_HINT = (
    "The transformer's last words stand above. Where `make test` passes, that is a defect: please report it with this output."
)


@dataclass
class BucketContents:
    """The objects of a bucket."""

    objects: dict[str, list[dict]] = field(default_factory=dict)
    """Key -> its lines below `logs/`, as the `events` format has them."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Key -> bytes."""
    failed: list[str] = field(default_factory=list)
    """Keys that do not stand below `logs/`: the error output."""

    def read(self, s3, bucket: str) -> None:
        """Takes in what has come since the last time."""
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
        """(account, source) as the keys say it -> keys."""
        partitions = defaultdict(list)
        for key in sorted(self.objects):
            parts = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
            partitions[parts["account"], parts["source"]].append(key)
        return dict(sorted(partitions.items()))

    def check(self, delivered: dict) -> int:
        """Insists that exactly what was delivered is here; returns how many events that is."""
        if self.failed:
            raise console.Failure(f"{len(self.failed)} objects came to the error output, such as {self.failed[0]}", LOST_HINT)
        sent = Counter(
            (message["owner"], message["log_group"], message["log_stream"], event["id"], event["message"])
            for message in delivered["messages"]
            for event in message["events"]
        )
        came = Counter(
            (line["account"], line["log_group"], line["log_stream"], line["id"], line["message"]) for line in self.lines
        )
        if sent != came:
            raise console.Failure(
                f"of {sent.total()} events delivered {(sent - came).total()} are missing in S3,"
                f" and {(came - sent).total()} there are unlike any that was delivered",
                LOST_HINT,
            )
        return came.total()
