"""What GetMetricData answers of the emulator's own counts."""

import unittest

from emulator.call import Call, Refusal
from emulator.metrics import Metrics

SQL = (
    'SELECT SUM(DeliveryErrors) FROM SCHEMA("AWS/Logs", DestinationType, FilterName, LogGroupName)'
    " WHERE FilterName = 'ours' GROUP BY LogGroupName"
)


def call(*queries, account="1"):
    numbered = [{"Id": f"q{number}", **query} for number, query in enumerate(queries)]
    return Call(account=account, region="r", params={"MetricDataQueries": numbered})


def stat(name, **dimensions):
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"MetricStat": {"Metric": {"Namespace": "AWS/Kinesis", "MetricName": name, "Dimensions": listed}}}


class Counted(unittest.TestCase):
    def setUp(self):
        self.metrics = Metrics()

    def values(self, *queries, **more):
        results = self.metrics.answer(call(*queries, **more))["MetricDataResults"]
        return [(one["Label"], one["Values"]) for one in results]

    def test_a_metric_is_of_one_account_and_one_resource(self):
        for value in (1, 2):
            self.metrics.add("1", "r", "AWS/Kinesis", "Refused", {"StreamName": "s"}, value)
        self.assertEqual(self.values(stat("Refused", StreamName="s")), [("Refused", [3])])
        self.assertEqual(self.values(stat("Refused", StreamName="t")), [("Refused", [])])
        self.assertEqual(self.values(stat("Refused", StreamName="s"), account="2"), [("Refused", [])])

    def test_sql_sums_by_group(self):
        for filter_name, group in (("ours", "a"), ("ours", "a"), ("ours", "b"), ("theirs", "a")):
            dimensions = {"FilterName": filter_name, "LogGroupName": group, "DestinationType": "Destination"}
            self.metrics.add("1", "r", "AWS/Logs", "DeliveryErrors", dimensions)
        self.assertEqual(self.values({"Expression": SQL}), [("a", [2]), ("b", [1])])

    def test_a_call_has_one_query_in_sql(self):
        with self.assertRaises(Refusal):
            self.values({"Expression": SQL}, {"Expression": SQL})


if __name__ == "__main__":
    unittest.main()
