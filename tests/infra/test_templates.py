"""What must hold of every template of infra/: data outlives stacks, alarms speak, exceptions give reasons."""

import re
import unittest

import policies

# The metrics of aws-facts.md that tell of logs late or lost. The destination's own stand in a Mapping of logging.yaml.
METRICS = {
    "alarms.yaml": {
        ("AWS/Kinesis", "WriteProvisionedThroughputExceeded"),
        ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds"),
        ("AWS/Firehose", "ThrottledGetRecords"),
        ("AWS/Firehose", "ExecuteProcessing.Success"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "Duration"),
    },
    "member.yaml": set(),
}
QUERIED = ("DeliveryErrors", "DeliveryThrottling")
HOLDS_DATA = {"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"}
# The delivery path's own logs, which logging.yaml makes, tell of no account's doings and go with the stack.
LOG_GROUPS_THAT_HOLD_DATA = {"member.yaml", "guardduty.yaml"}


def templates():
    for path in policies.TEMPLATES:
        text = path.read_text()
        yield path.name, text, policies.load_yaml(text)


def resources(template, *types):
    """(logical id, resource) of the types, or of all, in order."""
    for name, resource in template["Resources"].items():
        if not name.startswith("Fn::ForEach") and (not types or resource["Type"] in types):
            yield name, resource


class Templates(unittest.TestCase):
    def test_what_holds_data_outlives_its_stack(self):
        for name, _, template in templates():
            types = HOLDS_DATA | ({"AWS::Logs::LogGroup"} if name in LOG_GROUPS_THAT_HOLD_DATA else set())
            for logical, resource in resources(template, *types):
                with self.subTest(template=name, resource=logical):
                    kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
                    self.assertEqual(kept, ("Retain", "Retain"))

    def test_every_log_group_forgets_in_time(self):
        for name, _, template in templates():
            for logical, resource in resources(template, "AWS::Logs::LogGroup"):
                with self.subTest(template=name, resource=logical):
                    self.assertIn("RetentionInDays", resource["Properties"])

    def test_every_bucket_is_closed_versioned_and_encrypted(self):
        for name, _, template in templates():
            for logical, resource in resources(template, "AWS::S3::Bucket"):
                with self.subTest(template=name, resource=logical):
                    properties = resource["Properties"]
                    self.assertEqual(properties["VersioningConfiguration"], {"Status": "Enabled"})
                    self.assertEqual(list(properties["PublicAccessBlockConfiguration"].values()), [True] * 4)
                    self.assertIn("BucketEncryption", properties)

    def test_every_metric_of_logs_late_or_lost_has_its_alarm(self):
        for name, _, template in templates():
            if name not in METRICS:
                continue
            alarms = [resource["Properties"] for _, resource in resources(template, "AWS::CloudWatch::Alarm")]
            named = {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms if isinstance(alarm.get("MetricName"), str)}
            queries = " ".join(query["Expression"] for alarm in alarms for query in alarm.get("Metrics", []))
            with self.subTest(template=name):
                self.assertLessEqual(METRICS[name], named)
                if name == "alarms.yaml":
                    for metric in ("FreshnessMetric", "SuccessMetric"):
                        self.assertIn({"Ref": metric}, [alarm.get("MetricName") for alarm in alarms])
                for metric in QUERIED:
                    self.assertIn(f"SUM({metric})", queries)

    def test_every_destination_names_its_metrics(self):
        template = policies.load_yaml((policies.ROOT / "infra" / "logging.yaml").read_text())
        self.assertEqual(
            {destination: (row["freshness"], row["success"]) for destination, row in template["Mappings"]["ByDestination"].items()},
            {
                destination: (f"DeliveryTo{metric}.DataFreshness", f"DeliveryTo{metric}.Success")
                for destination, metric in (
                    ("s3", "S3"),
                    ("opensearch", "AmazonOpenSearchService"),
                    ("http", "HttpEndpoint"),
                )
            },
        )

    def test_every_alarm_speaks_when_it_begins_and_when_it_ends(self):
        for name, _, template in templates():
            for logical, resource in resources(template, "AWS::CloudWatch::Alarm"):
                with self.subTest(template=name, resource=logical):
                    topic = [{"Ref": "AlarmTopic"}]
                    spoken = (resource["Properties"]["AlarmActions"], resource["Properties"]["OKActions"])
                    self.assertEqual(spoken, (topic, topic))
                    self.assertTrue(resource["Properties"]["AlarmDescription"])

    def test_the_delivery_paths_log_groups_have_the_names_that_the_cli_refuses(self):
        template = policies.load_yaml((policies.ROOT / "infra" / "logging.yaml").read_text())
        names = {resource["Properties"]["LogGroupName"]["Sub"] for _, resource in resources(template, "AWS::Logs::LogGroup")}
        self.assertEqual(names, {"/aws/kinesisfirehose/${AWS::StackName}", "/aws/lambda/${AWS::StackName}-transformer"})
        cli = (policies.ROOT / "crates/cli/src/provision/fleet/validate.rs").read_text()
        self.assertIn("`/aws/kinesisfirehose/STACK` and `/aws/lambda/STACK-transformer`", cli)

    def test_the_member_template_is_fit_for_a_stack_set(self):
        text = (policies.ROOT / "infra" / "member.yaml").read_text()
        template = policies.load_yaml(text)
        self.assertNotIn("Transform", template, "service-managed StackSets take no transform")
        self.assertEqual(list(resources(template, "AWS::CloudFormation::Stack")), [])

    def test_every_ignored_rule_gives_its_reason(self):
        for name, text, _ in templates():
            lines = text.splitlines()
            for number, line in enumerate(lines):
                for rule in re.findall(r"\b[EWI]\d{4}\b", line) if "ignore_checks" in line else []:
                    with self.subTest(template=name, rule=rule):
                        self.assertRegex(lines[number - 1], rf"# {rule}: \w+( \S+){{4,}}")

    def test_every_parameter_tells_what_it_is(self):
        for name, _, template in templates():
            for parameter, declared in template["Parameters"].items():
                with self.subTest(template=name, parameter=parameter):
                    self.assertIn("Description", declared)

    def test_the_readme_tells_of_every_template(self):
        readme = (policies.ROOT / "infra" / "README.md").read_text()
        for name, _, _ in templates():
            self.assertIn(f"| `{name}` |", readme)


if __name__ == "__main__":
    unittest.main()
