"""Limits the calls per second, for each account and Region.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html and
https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

import time

from ..call import Call
from ..faults import refusal

CALLS_PER_SECOND_MAX = {
    ("logs", "PutSubscriptionFilter"): 5,
    ("logs", "DeleteSubscriptionFilter"): 5,
    ("logs", "DescribeSubscriptionFilters"): 5,
    ("logs", "PutDestination"): 5,
    ("logs", "DeleteDestination"): 5,
    ("logs", "DescribeDestinations"): 5,
    ("logs", "PutDestinationPolicy"): 5,
    ("logs", "TagResource"): 5,
    ("logs", "CreateLogGroup"): 10,
    ("logs", "DescribeLogGroups"): 10,
    ("kinesis", "CreateStream"): 5,
    ("kinesis", "DeleteStream"): 5,
    ("kinesis", "DescribeStream"): 10,
    ("kinesis", "DescribeStreamSummary"): 20,
    ("kinesis", "IncreaseStreamRetentionPeriod"): 5,
    ("kinesis", "DecreaseStreamRetentionPeriod"): 5,
}


class Quotas:
    """A token bucket for each operation, account and Region, with one second's worth of calls."""

    def __init__(self):
        self._buckets = {}

    def take(self, call: Call) -> None:
        """Counts the call, or refuses it."""
        most = CALLS_PER_SECOND_MAX.get((call.service, call.operation))
        if most is None:
            return
        key = (call.account, call.region, call.service, call.operation)
        now = time.monotonic()
        left, since = self._buckets.get(key, (most, now))
        left = min(most, left + (now - since) * most)
        if left < 1:
            self._buckets[key] = (left, now)
            raise refusal("throttle", call.service)
        self._buckets[key] = (left - 1, now)
