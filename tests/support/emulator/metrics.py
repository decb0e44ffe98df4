"""CloudWatch's counts of what was delivered and refused, as GetMetricData returns them.

The names and dimensions are those of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html and
https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html. Of Metrics Insights, only the form that catchment
asks in is known. Everything counts as if it had happened just now.
"""

import re
import time
from collections import defaultdict

from .call import Call, Refusal

GROUPED = re.compile(
    r"""SELECT SUM\((?P<name>\w+)\) FROM SCHEMA\("(?P<space>[\w/]+)", [\w, ]+\) """
    r"""WHERE (?P<key>\w+) = '(?P<value>[^']*)' GROUP BY (?P<group>\w+)"""
)


class Metrics:
    """Values by account, Region, namespace, name and dimensions."""

    def __init__(self):
        self._values = defaultdict(float)

    def add(self, account: str, region: str, namespace: str, name: str, dimensions: dict, value: float = 1) -> None:
        """Counts something."""
        self._values[account, region, namespace, name, tuple(sorted(dimensions.items()))] += value

    def answer(self, call: Call) -> dict:
        """GetMetricData's response. Raises `Refusal`."""
        queries = call.params.get("MetricDataQueries", [])
        if sum("SELECT" in query.get("Expression", "") for query in queries) > 1:
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
            raise Refusal("ValidationError", "Only one Metrics Insights query is allowed in a GetMetricData call.")
        return {"MetricDataResults": [result for query in queries for result in self._results(call, query)]}

    def _results(self, call: Call, query: dict) -> list[dict]:
        place = (call.account, call.region)
        if expression := query.get("Expression"):
            asked = GROUPED.fullmatch(expression)
            if not asked:
                raise Refusal("ValidationError", f"Error in expression {query['Id']}")
            sums = defaultdict(float)
            for (account, region, space, name, dimensions), value in self._values.items():
                known = dict(dimensions)
                is_asked_for = (space, name, known.get(asked["key"])) == (asked["space"], asked["name"], asked["value"])
                if (account, region) == place and is_asked_for:
                    sums[known[asked["group"]]] += value
            return [_result(query["Id"], label, [value]) for label, value in sorted(sums.items())]
        metric = query["MetricStat"]["Metric"]
        dimensions = tuple(sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions", [])))
        key = (*place, metric["Namespace"], metric["MetricName"], dimensions)
        return [_result(query["Id"], metric["MetricName"], [self._values[key]] if key in self._values else [])]


def _result(identifier: str, label: str, values: list[float]) -> dict:
    now = int(time.time())
    return {"Id": identifier, "Label": label, "StatusCode": "Complete", "Timestamps": [now for _ in values], "Values": values}
