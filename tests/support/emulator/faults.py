"""Injects faults by a seeded schedule, which depends on the seed and the call, not on how calls interleave."""

import random
from collections import Counter
from dataclasses import dataclass, field

from .call import Call, Refusal

THROTTLES = {
    "logs": Refusal("ThrottlingException", "Rate exceeded"),
    "kinesis": Refusal("LimitExceededException", "Rate exceeded for account."),
    "iam": Refusal("Throttling", "Rate exceeded"),
    "sts": Refusal("Throttling", "Rate exceeded"),
    "organizations": Refusal("TooManyRequestsException", "AWS Organizations can't complete your request. Try again later."),
    "s3": Refusal("SlowDown", "Please reduce your request rate.", 503),
}
SERVER_ERRORS = {
    "logs": Refusal("ServiceUnavailableException", "The service cannot complete the request.", 503),
    "kinesis": Refusal("InternalFailure", "Internal service failure.", 500),
    "iam": Refusal("ServiceFailure", "The request processing has failed.", 500),
    "sts": Refusal("InternalFailure", "The request processing has failed.", 500),
    "s3": Refusal("InternalError", "We encountered an internal error. Please try again.", 500),
}


@dataclass
class Settings:
    """Which faults to inject, and how often. A rate of 0 injects none."""

    seed: int = 0
    rate: float = 0.0
    kinds: list[str] = field(default_factory=lambda: ["error", "reset", "hang", "throttle"])
    """`error`: a 5xx; `reset`: the connection breaks; `hang`: it breaks after a silence; `throttle`: a series of refusals;
    `denied`: the caller lacks permission; `partial`, for PutRecords alone: every second record is refused, and the others are
    taken."""
    lost: float = 0.5
    """The share of errors, resets and hangs that come after the call was carried out, so that only the response is lost."""
    accounts: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    """Empty lists mean all."""
    of_accounts: dict[str, str] = field(default_factory=dict)
    """Accounts whose every call fails, except those to STS, each with the kind of fault."""
    hang_seconds: float = 1.0
    storm_calls: int = 4
    """How many calls of one account, Region and service a throttle refuses in a row."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call."""

    kind: str
    lost: bool


class Faults:
    """Decides for each call whether it fails."""

    def __init__(self, **settings):
        self.settings = Settings(**settings)
        self._seen = Counter()
        self._storms = Counter()

    def next(self, call: Call) -> Fault | None:
        """The fault to inject into this call, if any."""
        settings = self.settings
        if call.account in settings.of_accounts and call.service != "sts":
            return Fault(settings.of_accounts[call.account], lost=False)
        if settings.accounts and call.account not in settings.accounts:
            return None
        if settings.operations and call.operation not in settings.operations:
            return None
        kinds = [kind for kind in settings.kinds if kind != "partial" or call.operation == "PutRecords"]
        if not kinds:
            return None
        place = (call.account, call.region, call.service)
        if self._storms[place]:
            self._storms[place] -= 1
            return Fault("throttle", lost=False)
        what = (*place, call.operation, call.resource)
        self._seen[what] += 1
        chance = random.Random(f"{settings.seed}/{what}/{self._seen[what]}")
        if chance.random() >= settings.rate:
            return None
        kind = chance.choice(kinds)
        if kind == "throttle":
            self._storms[place] = settings.storm_calls - 1
            return Fault(kind, lost=False)
        return Fault(kind, lost=kind != "partial" and chance.random() < settings.lost)


def denial(call: Call) -> Refusal:
    """The error for a user without any policy."""
    action = f"{call.service}:{call.operation}"
    return Refusal(
        "AccessDeniedException",
        f"User: arn:aws:iam::{call.account}:user/operator is not authorized to perform: {action} on resource: "
        f"arn:aws:{call.service}:{call.region}:{call.account}:* because no identity-based policy allows the {action} action",
    )


def refusal(kind: str, service: str) -> Refusal:
    """A throttling or server error as the service words it."""
    table = THROTTLES if kind == "throttle" else SERVER_ERRORS
    return table.get(service, table["logs"])


REFUSED_RECORD = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard."}


def part(params: dict) -> dict:
    """A PutRecords call without every second record, from the first."""
    return {**params, "Records": params["Records"][1::2]}


def results_of_part(taken: dict, records: int) -> dict:
    """The answer to the whole call, from that to its part, as
    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html describes it."""
    results = iter(taken["Records"])
    merged = [REFUSED_RECORD if at % 2 == 0 else next(results) for at in range(records)]
    return {**taken, "FailedRecordCount": (records + 1) // 2, "Records": merged}
