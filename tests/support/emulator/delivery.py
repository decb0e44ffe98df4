"""Delivers log events as CloudWatch Logs does: from a log group to the stream behind its subscription filter."""

import asyncio
import base64
import contextlib
import gzip
import hashlib
import itertools
import json
import time
import uuid
from dataclasses import asdict, dataclass, field

from .call import Call, Refusal
from .metrics import Metrics
from .patterns import matches
from .rules import Rules, account_policy
from .rules.destination import check_delivery
from .rules.subscription_filter import check_subscriber, log_group_arn
from .upstream import Upstream

ID_DIGITS = 56
CONTROL_TEXT = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."


@dataclass
class Message:
    """A subscription message that was put into a stream."""

    stream_arn: str
    owner: str
    log_group: str
    log_stream: str
    filters: list[str]
    events: list[dict] = field(default_factory=list)
    """`id`, `timestamp` (ms), `message`, and `extractedFields` if the filter emits system fields"""


class Delivery:
    """Reacts to PutSubscriptionFilter and PutLogEvents, if it is on; records what it delivered, and what was refused."""

    def __init__(self, upstream: Upstream, rules: Rules, on: bool, twice_every: int):
        self._upstream, self._rules, self._on, self._resources = upstream, rules, on, rules.resources
        self._twice_every = twice_every
        self._numbers, self._turns = itertools.count(1), itertools.count(1)
        self._messages, self._control, self._refused = [], [], []
        self.metrics = Metrics()

    async def follow(self, call: Call) -> None:
        """Delivers what follows from a call that was carried out."""
        if not self._on or call.service != "logs":
            return
        if call.operation in ("PutSubscriptionFilter", "PutAccountPolicy"):
            destination = call.params.get("destinationArn") or account_policy.document(call.params["policyDocument"])["DestinationArn"]
            stream_arn = await self._stream_behind(destination)
            if stream_arn:
                self._control.append(stream_arn)
                await self._put(stream_arn, str(uuid.uuid4()), _control_message())
        elif call.operation == "PutLogEvents":
            group = call.params["logGroupName"]
            for one in await self._filters(call, group):
                await self._deliver(call, one)

    def as_json(self) -> dict:
        """`messages` in order of delivery; `control_messages`: the streams that received one; `refused`: the log groups
        whose delivery the role or the stream refused."""
        messages = [asdict(message) for message in self._messages]
        return {"messages": messages, "control_messages": self._control, "refused": self._refused}

    async def _filters(self, call: Call, group: str) -> list[dict]:
        """What delivers a log group: its own filters, and the account-level policy that does not leave it out. They add up:
        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html"""
        filters = await self._resources.filters(call.account, call.region, group)
        policy = self._resources.account_policy(call.account, call.region)
        if policy is None or group in account_policy.left_out(policy.get("selectionCriteria", "")):
            return filters
        asked = account_policy.document(policy["policyDocument"])
        of_account = {
            "filterName": policy["policyName"],
            "filterPattern": asked.get("FilterPattern", ""),
            "destinationArn": asked["DestinationArn"],
            "roleArn": asked.get("RoleArn", ""),
            "distribution": asked.get("Distribution", "ByLogStream"),
            "policyLevel": "ACCOUNT_LEVEL_POLICY",
        }
        return [*filters, of_account]

    async def _deliver(self, call: Call, one: dict) -> None:
        stream_arn = await self._stream_behind(one["destinationArn"])
        pattern = one.get("filterPattern", "")
        passing = [event for event in call.params["logEvents"] if matches(pattern, event["message"])]
        if not stream_arn or not passing:
            return
        if self._rules.settings.stream_full:
            self._count(call, one, "DeliveryThrottling", len(passing))
            _, _, _, region, account, name = stream_arn.split(":", 5)
            dimensions = {"StreamName": name.removeprefix("stream/")}
            self.metrics.add(account, region, "AWS/Kinesis", "WriteProvisionedThroughputExceeded", dimensions)
            return
        if await self._is_refused(call, one):
            self._count(call, one, "DeliveryErrors", len(passing))
            self._refused.append(call.params["logGroupName"])
            return
        self._count(call, one, "ForwardedLogEvents", len(passing))
        known = {"@aws.account": call.account, "@aws.region": call.region}
        emitted = {name: known[name] for name in one.get("emitSystemFields", [])}
        more = {"extractedFields": emitted} if emitted else {}
        events = [{"id": self._id(event["timestamp"]), **event, **more} for event in passing]
        message = Message(
            stream_arn,
            call.account,
            call.params["logGroupName"],
            call.params["logStreamName"],
            [one["filterName"]],
            events,
        )
        data = {
            "messageType": "DATA_MESSAGE",
            "owner": message.owner,
            "logGroup": message.log_group,
            "logStream": message.log_stream,
            "subscriptionFilters": message.filters,
            "logEvents": events,
        }
        if level := one.get("policyLevel"):
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/ValidateLogEventFlow.html
            data["policyLevel"] = level
        by_stream = one.get("distribution") != "Random"
        key = hashlib.md5(message.log_stream.encode()).hexdigest() if by_stream else uuid.uuid4().hex
        again = self._twice_every and next(self._turns) % self._twice_every == 0
        for _ in range(2 if again else 1):
            await self._put(stream_arn, key, data)
            self._messages.append(message)

    def _count(self, call: Call, one: dict, name: str, events: int) -> None:
        """Counts in the member's account what became of its log events."""
        if "policyLevel" in one:
            return
        # AWS documents no DestinationType for a `logs::Destination`
        dimensions = {
            "LogGroupName": call.params["logGroupName"],
            "FilterName": one["filterName"],
            "DestinationType": "Destination",
        }
        self.metrics.add(call.account, call.region, "AWS/Logs", name, dimensions, events)

    async def _stream_behind(self, arn: str) -> str:
        """The Kinesis stream of a filter's destination: the stream itself, or the target of a `logs::Destination`."""
        if ":destination:" in arn:
            destination = await self._resources.destination(arn)
            return destination["targetArn"] if destination else ""
        return arn if arn.startswith("arn:aws:kinesis:") else ""

    async def _is_refused(self, call: Call, one: dict) -> bool:
        """Whether the policy or the role of a `logs::Destination` lets this log group's events not be delivered."""
        arn = one["destinationArn"]
        if ":destination:" not in arn or not self._rules.settings.destination_role:
            return False
        source = log_group_arn(call)
        # a change between two reads is no refusal, so what is refused is read again
        for _ in range(2):
            destination = await self._resources.destination(arn)
            role, stream = destination["roleArn"], destination["targetArn"]
            with contextlib.suppress(Refusal):
                await check_delivery(role, stream, source, self._rules)
                if self._rules.settings.destination_policy:
                    await check_subscriber(call.account, destination, one.get("roleArn", ""), source, self._rules)
                return False
            filters = await self._filters(call, call.params["logGroupName"])
            one = next((again for again in filters if again["filterName"] == one["filterName"]), one)
        return True

    async def _put(self, stream_arn: str, key: str, message: dict) -> None:
        text = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        data = await asyncio.to_thread(gzip.compress, text.encode(), 6)
        _, _, _, region, account, _ = stream_arn.split(":", 5)
        params = {"StreamARN": stream_arn, "PartitionKey": key, "Data": base64.b64encode(data).decode()}
        await self._upstream.json(account, region, "kinesis", "PutRecord", params)

    def _id(self, timestamp_ms: int) -> str:
        number = next(self._numbers)
        return f"3{timestamp_ms:013d}{number:0{ID_DIGITS - 14}d}"


def _control_message() -> dict:
    return {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": int(time.time() * 1000), "message": CONTROL_TEXT}],
    }
