"""Alarms and dashboard: each metric exists, each that shows late or lost logs has an alarm, and silence counts where it matters."""

import json
import re
import unittest

import policies
from template import Stack, load

# The metrics that AWS documents, by namespace and dimension. Our own come from the transformer's source.
DOCUMENTED = {
    # https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
    ("AWS/Kinesis", "StreamName"): {
        "IncomingRecords",
        "IncomingBytes",
        "WriteProvisionedThroughputExceeded",
        "GetRecords.IteratorAgeMilliseconds",
    },
    # https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
    ("AWS/Firehose", "DeliveryStreamName"): {
        "ThrottledGetRecords",
        "DataReadFromKinesisStream.Records",
        "DataReadFromKinesisStream.Bytes",
        "ExecuteProcessing.Success",
        "PartitionCount",
        "PartitionCountExceeded",
        "ActivePartitionsLimit",
        "BackupToS3.Success",
        "BackupToS3.DataFreshness",
        "FailedConversion.Records",
        *(
            f"DeliveryTo{destination}.{metric}"
            for destination in ("S3", "AmazonOpenSearchService", "HttpEndpoint")
            for metric in ("Success", "DataFreshness", "Records", "Bytes")
        ),
    },
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    ("AWS/Lambda", "FunctionName"): {"Errors", "Throttles", "Duration"},
}
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
QUERIED = {"alarms.yaml": ("DeliveryErrors", "DeliveryThrottling"), "member.yaml": ("DeliveryErrors", "DeliveryThrottling")}
LATE_OR_LOST = {
    "WriteProvisionedThroughputExceeded",
    "GetRecords.IteratorAgeMilliseconds",
    "IncomingRecords",
    "ThrottledGetRecords",
    "ExecuteProcessing.Success",
    "RecordsProcessingFailed",
    "Errors",
    "Throttles",
    "Duration",
}
DEPLOYED = {"StreamName": "one", "Architecture": "arm64", "Accounts": "111122223333"}
PARTITIONS = {"PartitionCount", "PartitionCountExceeded", "ActivePartitionsLimit"}
# By destination and storage: the parameters, the prefix of the metrics' names, the metrics that only it has.
DESTINATIONS = {
    "s3": ({}, "DeliveryToS3", PARTITIONS),
    "s3 parquet": ({"Storage": "parquet"}, "DeliveryToS3", PARTITIONS | {"FailedConversion.Records"}),
    "opensearch": (
        {"OpenSearchDomainArn": "arn:aws:es:us-west-2:999988887777:domain/logs"},
        "DeliveryToAmazonOpenSearchService",
        {"BackupToS3.Success", "BackupToS3.DataFreshness"},
    ),
    "http": (
        {"HttpUrl": "https://a.example", "HttpSecretArn": "arn:aws:secretsmanager:us-west-2:999988887777:secret:a"},
        "DeliveryToHttpEndpoint",
        {"BackupToS3.Success", "BackupToS3.DataFreshness"},
    ),
}


def custom():
    """The transformer's own metrics: namespace, dimension, names."""
    (source,) = (policies.ROOT / "crates/transformer/src").rglob("telemetry.rs")
    text = source.read_text()
    namespace = re.search(r'NAMESPACE: &str = "(\w+)"', text)[1]
    dimension = re.search(r'DIMENSION: &str = "(\w+)"', text)[1]
    names = set(re.findall(r'"(\w+)"(?:\.to_owned\(\)|\.into\(\))?,\s+"(?:Count|Bytes|Milliseconds)"', text))
    return namespace, dimension, names


def stack(destination, **more):
    return Stack("logging.yaml", {**DEPLOYED, "Destination": destination.split()[0], **DESTINATIONS[destination][0], **more})


def alarms(destination, **more):
    """The properties of the alarms that a stack creates, by name."""
    made = stack(destination, **more).made()
    return {path.split("/")[-1]: it.properties for path, it in made.items() if it.type == "AWS::CloudWatch::Alarm"}


def metrics_of(alarm):
    """The metrics of an alarm: (namespace, metric, dimension)."""
    if "MetricName" in alarm:
        yield alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"][0]["Name"]
    for query in alarm.get("Metrics", []):
        if metric := query.get("MetricStat", {}).get("Metric"):
            yield metric["Namespace"], metric["MetricName"], metric["Dimensions"][0]["Name"]


class Alarms(unittest.TestCase):
    def test_every_metric_of_logs_late_or_lost_has_its_alarm(self):
        for destination, (_, delivery, own) in DESTINATIONS.items():
            watched = {name for alarm in alarms(destination).values() for _, name, _ in metrics_of(alarm)}
            wanted = {f"{delivery}.{metric}" for metric in ("Success", "DataFreshness", "Records")}
            with self.subTest(destination=destination):
                self.assertEqual(watched, LATE_OR_LOST | wanted | own)

    def test_every_metric_exists(self):
        namespace, dimension, names = custom()
        self.assertIn("RecordsProcessingFailed", names)
        exist = {**DOCUMENTED, (namespace, dimension): names}
        for destination in DESTINATIONS:
            looked_at = [it for alarm in alarms(destination).values() for it in metrics_of(alarm)]
            for where, name, by in looked_at + list(widgets(destination)):
                with self.subTest(destination=destination, metric=name):
                    self.assertIn(name, exist.get((where, by), ()), f"no metric of {where} by {by}")

    def test_the_dashboard_shows_whatever_has_an_alarm(self):
        for destination in DESTINATIONS:
            shown = {name for _, name, _ in widgets(destination)}
            watched = {name for alarm in alarms(destination).values() for _, name, _ in metrics_of(alarm)}
            with self.subTest(destination=destination):
                self.assertLessEqual(watched - shown, {"ExecuteProcessing.Success", "ActivePartitionsLimit"})

    def test_the_filters_are_watched_by_name_since_each_metric_that_a_query_sees_is_charged(self):
        for template, metrics in QUERIED.items():
            queries = [
                query["Expression"]
                for it in load(template)["Resources"].values()
                if it["Type"] == "AWS::CloudWatch::Alarm"
                for query in it["Properties"].get("Metrics", [])
                if "SELECT" in str(query.get("Expression"))
            ]
            with self.subTest(template=template):
                self.assertEqual(len(queries), len(metrics))
                for metric, query in zip(metrics, queries, strict=True):
                    self.assertIn(f"SUM({metric})", query["Sub"])
                    self.assertIn("WHERE FilterName = '${FilterName}'", query["Sub"])

    def test_silence_is_trouble_for_what_comes_in_and_what_goes_out_and_for_nothing_else(self):
        breaching = {name for name, it in alarms("s3").items() if it["TreatMissingData"] == "breaching"}
        self.assertEqual(breaching, {"StreamSilent", "NothingDelivered"})
        usual = alarms("s3", SilentHours="0")
        self.assertNotIn("StreamSilent", usual)
        self.assertEqual(usual["NothingDelivered"]["TreatMissingData"], "notBreaching")

    def test_a_reader_that_is_gone_is_seen_after_an_hour_and_a_slow_one_is_not(self):
        for destination, (_, delivery, _) in DESTINATIONS.items():
            alarm = alarms(destination)["NothingDelivered"]
            expression, received, delivered = alarm["Metrics"]
            self.assertEqual(expression["Expression"], "IF(received > 0 AND FILL(delivered, 0) == 0, 1, 0)")
            self.assertEqual(received["MetricStat"]["Metric"]["MetricName"], "IncomingRecords")
            self.assertEqual(delivered["MetricStat"]["Metric"]["MetricName"], f"{delivery}.Records")
            gathered = max(load("logging.yaml")["Parameters"]["DeliverySeconds"]["AllowedValues"])
            seconds = alarm["EvaluationPeriods"] * delivered["MetricStat"]["Period"]
            # https://docs.aws.amazon.com/firehose/latest/dev/buffering.html: up to 1.5 times the buffer
            self.assertGreater(seconds, 2 * 1.5 * gathered)

    def test_what_firehose_tries_again_is_not_called_lost(self):
        for destination in DESTINATIONS:
            for name in ("FirehoseDeliveryFailing", "BackupFailing"):
                if alarm := alarms(destination).get(name):
                    self.assertEqual((alarm["Threshold"], alarm["EvaluationPeriods"]), (0.9, 3), name)

    def test_an_alarm_of_firehoses_log_gives_the_query_that_can_read_it(self):
        for name, destination in (
            ("FirehoseDeliveryFailing", "s3"),
            ("FirehoseConversionFailing", "s3 parquet"),
            ("BackupFailing", "http"),
        ):
            described = alarms(destination)[name]["AlarmDescription"]
            self.assertIn("SOURCE '<FirehoseLogGroup#1>' | fields @timestamp, errorCode, message", described)
        saved = {path: it for path, it in stack("http").made().items() if it.type == "AWS::Logs::QueryDefinition"}
        (firehose,) = [it for it in saved.values() if it.properties["LogGroupNames"] == ["<FirehoseLogGroup#1>"]]
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Classes.html
        for command in ("pattern", "diff", "filterIndex", "unmask"):
            self.assertNotIn(command, firehose.properties["QueryString"])

    def test_every_alarm_is_sent_when_it_begins_and_when_it_ends(self):
        for template in ("alarms.yaml", "member.yaml"):
            for name, it in load(template)["Resources"].items():
                if it["Type"] == "AWS::CloudWatch::Alarm":
                    with self.subTest(template=template, alarm=name):
                        topic = [{"Ref": "AlarmTopic"}]
                        self.assertEqual((it["Properties"]["AlarmActions"], it["Properties"]["OKActions"]), (topic, topic))
                        self.assertTrue(it["Properties"]["AlarmDescription"])

    def test_the_readme_charges_for_every_alarm_and_every_custom_metric(self):
        readme = (policies.ROOT / "README.md").read_text()
        made = alarms("s3")
        charged = {name: it for name, it in made.items() if not any("SELECT" in str(q) for q in it.get("Metrics", []))}
        metrics = sum(len(list(metrics_of(alarm))) for alarm in charged.values())
        self.assertIn(f"| Alarms ({metrics} metrics in {len(charged)} alarms) |", readme)
        self.assertIn(f"| Custom metrics ({len(custom()[2])}) |", readme)

    def test_an_alarm_description_fits(self):
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        for destination in DESTINATIONS:
            for name, alarm in alarms(destination).items():
                self.assertLess(len(alarm["AlarmDescription"]), 1024, name)


class Guard(unittest.TestCase):
    """The rule that reports a subscription filter on the delivery path."""

    def test_it_matches_both_calls_that_can_subscribe_the_transformers_log(self):
        rule = load("alarms.yaml")["Resources"]["DeliveryPathSubscribed"]["Properties"]["EventPattern"]
        calls = {call["eventName"][0]: call["requestParameters"] for call in rule["detail"]["$or"]}
        self.assertEqual(
            calls,
            {
                "PutSubscriptionFilter": {"logGroupName": [{"Ref": "TransformerLogGroup"}]},
                "PutAccountPolicy": {"policyType": ["SUBSCRIPTION_FILTER_POLICY"]},
            },
        )

    def test_a_trail_that_sees_the_calls_comes_with_the_trails_bucket(self):
        given = {"BucketName": "trails", "TrailArns": "a", "TrailObjects": "b"}
        with_trail = Stack("cloudtrail-bucket.yaml", {**given, "LoggingTrailName": "catchment"}).made()
        trail = with_trail["LoggingTrail"]
        self.assertTrue(trail.properties["IsLogging"] and trail.properties["IsMultiRegionTrail"])
        self.assertEqual(trail.declared["DependsOn"], "TrailBucketPolicy")
        self.assertNotIn("LoggingTrail", Stack("cloudtrail-bucket.yaml", given).made())
        readme = (policies.ROOT / "infra/README.md").read_text()
        self.assertIn("Without a trail in the logging account the rule never fires", readme)


def widgets(destination):
    """The metrics of the dashboard, those of SEARCH expressions too: (namespace, metric, dimension)."""
    for it in stack(destination).made().values():
        if it.type != "AWS::CloudWatch::Dashboard":
            continue
        for widget in json.loads(it.properties["DashboardBody"])["widgets"]:
            for metric in widget["properties"].get("metrics", []):
                if isinstance(metric[0], dict):
                    where, by, name = re.search(r"SEARCH\('\{(\w+),(\w+)\}.* (\w+)', ", metric[0]["expression"]).groups()
                    yield where, name, by
                else:
                    yield metric[0], metric[1], metric[2]


if __name__ == "__main__":
    unittest.main()
