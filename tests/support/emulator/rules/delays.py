"""Delays as in AWS: until CloudWatch Logs can use a new role, until a stream is ACTIVE."""

import json
import time

from ..call import Call, Refusal

STREAM_CHANGES = {
    "CreateStream": "CREATING",
    "IncreaseStreamRetentionPeriod": "UPDATING",
    "DecreaseStreamRetentionPeriod": "UPDATING",
    "StartStreamEncryption": "UPDATING",
    "StopStreamEncryption": "UPDATING",
    "UpdateShardCount": "UPDATING",
    "UpdateStreamMode": "UPDATING",
}


class Delays:
    """Remembers when each role and stream was last changed through the proxy."""

    def __init__(self, settings):
        self._settings = settings
        self._roles, self._permissions, self._streams = {}, {}, {}

    def is_role_new(self, role_arn: str) -> bool:
        """Whether the role or its trust policy is too new to be assumed."""
        return _age(self._roles, role_arn) < self._settings.propagation_seconds

    def are_permissions_new(self, role_arn: str) -> bool:
        """Whether the role's policies are too new to count."""
        return _age(self._permissions, role_arn) < 2 * self._settings.propagation_seconds

    def status(self, stream_arn: str, status: str) -> str:
        """The stream's status, given ministack's `status`."""
        since, state = self._streams.get(stream_arn, (0.0, status))
        return state if time.monotonic() - since < self._settings.stream_seconds else status

    def check(self, call: Call) -> None:
        """Refuses to change a stream that is not ACTIVE."""
        if call.service == "kinesis" and call.operation in STREAM_CHANGES and call.operation != "CreateStream":
            state = self.status(_stream_arn(call), "ACTIVE")
            if state != "ACTIVE":
                name = _stream_arn(call).rpartition("/")[2]
                raise Refusal(
                    "ResourceInUseException",
                    f"Stream {name} under account {call.account} not ACTIVE, instead in state {state}",
                )

    def note(self, call: Call, answer: bytes) -> bytes:
        """Starts the delays that a call causes; returns a stream's status as they have it."""
        now = time.monotonic()
        role_arn = f"arn:aws:iam::{call.account}:role/{call.params.get('RoleName')}"
        match call.service, call.operation:
            case "iam", "CreateRole" | "UpdateAssumeRolePolicy":
                self._roles[role_arn] = now
            case "iam", "PutRolePolicy":
                self._permissions[role_arn] = now
            case "kinesis", "DescribeStream" | "DescribeStreamSummary":
                return self._show(answer)
            case "kinesis", operation if operation in STREAM_CHANGES:
                self._streams[_stream_arn(call)] = (now, STREAM_CHANGES[operation])
            case "kinesis", "DeleteStream":
                self._streams.pop(_stream_arn(call), None)
        return answer

    def _show(self, answer: bytes) -> bytes:
        shown = json.loads(answer)
        for description in shown.values():
            description["StreamStatus"] = self.status(description["StreamARN"], description["StreamStatus"])
        return json.dumps(shown).encode()


def _age(since: dict, key: str) -> float:
    return time.monotonic() - since[key] if key in since else float("inf")


def _stream_arn(call: Call) -> str:
    if arn := call.params.get("StreamARN"):
        return arn
    return f"arn:aws:kinesis:{call.region}:{call.account}:stream/{call.params.get('StreamName')}"
