"""infra/logging.yaml and infra/cloudtrail-bucket.yaml, deployed on the emulator with the real Lambda binary.

Only the tests of `sam`, `aws` and the README use these tools, because each takes seconds to start.
"""

import gzip
import json
import platform
import re
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

import duckdb
from deployment import ACCOUNT, REGION, ROOT, Emulator, wait_for

ZIP = ROOT / "target" / "lambda" / "transformer.zip"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
STREAM = "Demo_Kinesis_Stream"
FLEET = ROOT / "crates/cli/src/provision/fleet/template.toml"
MESSAGES = ["2 111122223333 eni-1 10.0.0.1 10.0.0.2 1 2 6 3 4 5 6 ACCEPT OK", 'quotes " and \\ and é \N{GRINNING FACE}']


def subscription_message(kind, events):
    """A record as CloudWatch Logs puts it into the stream."""
    return gzip.compress(
        json.dumps(
            {
                "messageType": kind,
                "owner": "111122223333",
                "logGroup": "flow-logs",
                "logStream": "eni-1-all",
                "subscriptionFilters": ["catchment"],
                "logEvents": [
                    {"id": str(number), "timestamp": 1_790_000_000_000 + number, "message": message}
                    for number, message in enumerate(events)
                ],
            }
        ).encode()
    )


def catchment(*arguments):
    """What the CLI prints."""
    command = ["cargo", "run", "--quiet", "--locked", "--package", "catchment", "--", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def commands(path, having):
    """The paragraphs of a page's shell blocks that contain `having`."""
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / path).read_text(), re.DOTALL):
        for paragraph in block.split("\n\n"):
            if having in paragraph:
                yield paragraph


class TheZip(unittest.TestCase):
    """What `catchment infra parameters` says about a transformer's zip."""

    def parameters(self, bootstrap):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "transformer.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("bootstrap", bootstrap)
            return catchment("infra", "parameters", "--fleet", FLEET, "--zip", path)

    def test_the_architecture_is_that_of_the_executable_in_it(self):
        for machine, name in ((62, "x86_64"), (183, "arm64")):
            header = b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + bytes(44)
            self.assertIn(f"Architecture={name}\n", self.parameters(header))

    def test_one_whose_script_chooses_among_builds_is_refused(self):
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            self.parameters('#!/bin/sh\nexec "$(dirname "$0")/transformer-$(uname -m)" "$@"\n')
        self.assertIn("bootstrap is not an executable for Lambda", refused.exception.stderr)


class LoggingAccount(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not ZIP.exists():
            raise AssertionError(f"{ZIP.relative_to(ROOT)} is missing: `make lambda` builds it")
        cls.aws = cls.enterClassContext(Emulator())
        cls.aws.client("s3").create_bucket(
            Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        cls.aws.client("kinesis").create_stream(StreamName=STREAM, ShardCount=4)
        # ministack lacks metric math and Metrics Insights in alarms, AWS::Logs::QueryDefinition, AWS::Athena::NamedQuery
        cls.given = {"StreamName": STREAM, "Architecture": ARCHITECTURE, "Emulator": "true"}

    def put(self, *records):
        for record in records:
            self.aws.client("kinesis").put_record(StreamName=STREAM, PartitionKey="a", Data=record)

    def alarmed(self):
        alarms = self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {alarm.get("MetricName") for alarm in alarms}

    def test_logs_arrive_and_what_holds_them_outlives_update_and_stack(self):
        self.aws.deploy("logging.yaml", "catchment", **self.given)
        before = self.aws.physical("catchment")
        bucket = before["LogBucket"]

        self.put(subscription_message("CONTROL_MESSAGE", ["check"]), subscription_message("DATA_MESSAGE", MESSAGES))
        wait_for("the first object", lambda: self.aws.objects(bucket))
        first = self.aws.objects(bucket)
        ((key, text),) = first.items()
        self.assertRegex(key, r"^logs/account=111122223333/source=vpc-flow-logs/year=2026/month=09/day=21/.*\.jsonl\.gz$")
        self.assertEqual([json.loads(line)["message"] for line in text.splitlines()], MESSAGES)

        self.aws.deploy(
            "logging.yaml",
            "catchment",
            **self.given,
            Sources='{"flow-logs":"other"}',
            CustomerKeys="true",
            GlacierAfterDays="90",
            ExpireAfterDays="400",
            DeliverySeconds="300",
            TransformerConcurrency="10",
            AlarmEmail="someone@example.com",
        )
        after = self.aws.physical("catchment")
        for kept in ("LogBucket", "FirehoseToS3", "Transformer", "TransformerLogGroup", "FirehoseLogGroup"):
            self.assertEqual(after[kept], before[kept], f"{kept} was replaced")
        self.assertEqual(self.aws.objects(bucket), first)

        self.put(subscription_message("DATA_MESSAGE", MESSAGES))
        wait_for("an object of the new setting", lambda: len(self.aws.objects(bucket)) == 2)
        self.assertTrue(any(key.startswith("logs/account=111122223333/source=other/") for key in self.aws.objects(bucket)))

        held = self.aws.objects(bucket)
        self.aws.destroy("catchment")
        self.assertEqual(self.aws.objects(bucket), held)
        self.assertTrue(self.aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
        self.assertEqual(
            self.aws.client("kms").describe_key(KeyId=after["CustomerKey"])["KeyMetadata"]["KeyState"], "Enabled"
        )
        self.assertEqual(self.aws.client("firehose").list_delivery_streams()["DeliveryStreamNames"], [])
        self.assertEqual(self.aws.client("lambda").list_functions()["Functions"], [])
        self.assertEqual(self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"], [])
        self.assertEqual(self.aws.client("logs").describe_log_groups()["logGroups"], [])

    def test_parquet_has_the_columns_of_the_table_and_the_messages_unchanged(self):
        """ministack converts as Firehose does, with DuckDB in place of Hive."""
        self.aws.deploy("logging.yaml", "as-parquet", **self.given, Storage="parquet")
        bucket = self.aws.physical("as-parquet")["LogBucket"]
        self.put(subscription_message("DATA_MESSAGE", MESSAGES))
        wait_for("an object", lambda: self.aws.raw_objects(bucket))
        ((key, data),) = self.aws.raw_objects(bucket).items()
        self.assertRegex(key, r"^parquet/account=111122223333/source=vpc-flow-logs/year=2026/month=09/day=21/.*\.parquet$")
        table = self.aws.client("glue").get_table(DatabaseName="as-parquet", Name="events")["Table"]
        path = Path(self.aws.home.name) / "object.parquet"
        path.write_bytes(data)
        found = duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}')")
        columns = [it[0] for it in found.description]
        self.assertEqual(columns, [it["Name"] for it in table["StorageDescriptor"]["Columns"]])
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        self.assertEqual([row["message"] for row in rows], MESSAGES)
        self.assertEqual([row["event_time"] for row in rows], ["2026-09-21T14:13:20.000Z", "2026-09-21T14:13:20.001Z"])
        self.assertIn("FailedConversion.Records", self.alarmed())
        self.aws.destroy("as-parquet")

    def test_each_destination_gets_the_form_that_it_takes(self):
        domain = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/logs"
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key-abcdef"
        for destination, given, form, name in (
            ("opensearch", {"OpenSearchDomainArn": domain}, "document", "DeliveryToAmazonOpenSearchService.Success"),
            ("http", {"HttpUrl": "https://example.com", "HttpSecretArn": secret}, "events", "DeliveryToHttpEndpoint.Success"),
        ):
            with self.subTest(destination=destination):
                self.aws.deploy("logging.yaml", destination, **self.given, Destination=destination, **given)
                function = self.aws.client("lambda").get_function_configuration(FunctionName=f"{destination}-transformer")
                self.assertIn("BackupToS3.Success", self.alarmed())
                variables = {"CATCHMENT_FORMAT": form, "CATCHMENT_SCHEMA": "none"}
                variables |= {"CATCHMENT_COMPRESSION": "none", "CATCHMENT_OVERFLOW": "reingest"}
                self.assertEqual(function["Environment"]["Variables"], variables)
                self.assertIn(name, self.alarmed())
                self.aws.destroy(destination)

    def test_the_parameters_that_catchment_prints_are_what_both_tools_take(self):
        sources = {
            "cwl_vpc_fl_member_account_1": "vpc-flow-logs",
            "CloudTrail/member_account_1": "cloudtrail",
            "/aws/events/guardduty-demo": "guardduty",
        }
        printed = catchment("infra", "parameters", "--fleet", FLEET, "--output", "json")
        self.assertEqual(json.loads(printed)["Architecture"], ARCHITECTURE)
        overrides = Path(self.aws.home.name) / "parameters.yaml"  # JSON is YAML, and .json is a name that sam refuses
        overrides.write_text(printed)
        lines = catchment("infra", "parameters", "--fleet", FLEET).splitlines()
        both = ("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--parameter-overrides")
        self.aws.run(
            *("sam", "deploy", "--template-file", ROOT / "infra" / "logging.yaml", "--stack-name", "by-sam"),
            *("--s3-bucket", "artefacts", "--no-progressbar", *both, f"file://{overrides}", "Emulator=true"),
        )
        # without `--no-execute-changeset`, `aws` polls the stack every 30 s
        self.aws.run(
            *("aws", "cloudformation", "deploy", "--template-file", self.aws.packaged("logging.yaml")),
            *("--stack-name", "by-aws", "--no-execute-changeset", *both, *lines, "Emulator=true"),
        )
        cloudformation = self.aws.client("cloudformation")
        (change_set,) = cloudformation.list_change_sets(StackName="by-aws")["Summaries"]
        cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        self.aws.wait_for_stack("by-aws", "CREATE_COMPLETE")

        for stack in ("by-sam", "by-aws"):
            function = self.aws.client("lambda").get_function_configuration(FunctionName=f"{stack}-transformer")
            self.assertEqual(json.loads(function["Environment"]["Variables"]["CATCHMENT_SOURCES"]), sources)
            self.aws.destroy(stack)

    def test_the_readmes_commands_word_for_word_make_a_pipeline_that_delivers(self):
        """Except for `Emulator=true`, and without the trail, which the emulator lacks."""
        (deliver,) = commands("README.md", "sam deploy")
        (trails,) = commands("infra/README.md", "--stack-name catchment-trails")
        given = "AlarmEmail=someone@example.com"
        self.assertIn(given, deliver)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("infra", "target"):
                (Path(folder) / name).symlink_to(ROOT / name)
            config = Path(folder) / "config"
            config.write_text(
                f"[profile logging]\nregion = {REGION}\naws_access_key_id = {ACCOUNT}\naws_secret_access_key = emulated\n"
            )
            catchment("--version")  # to build it
            environment = {
                **self.aws.environment,
                "PATH": f"{ROOT / 'target' / 'debug'}:{self.aws.environment['PATH']}",
                "AWS_CONFIG_FILE": str(config),
            }
            for script in (
                "catchment init",
                deliver.replace(given, f"{given} Emulator=true"),
                trails.rstrip() + " LoggingTrailName=",
            ):
                done = subprocess.run(
                    ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
                )
                self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}\n{done.stderr}")
        bucket = self.aws.physical("catchment")["LogBucket"]
        self.put(subscription_message("DATA_MESSAGE", MESSAGES))
        wait_for("an object", lambda: self.aws.objects(bucket))
        ((key, text),) = self.aws.objects(bucket).items()
        self.assertTrue(key.startswith("logs/account=111122223333/source=vpc-flow-logs/"), key)
        self.assertEqual([json.loads(line)["message"] for line in text.splitlines()], MESSAGES)
        self.aws.client("s3").head_bucket(Bucket="example-trails")
        self.aws.destroy("catchment")
        self.aws.destroy("catchment-trails")

    def test_firehoses_log_group_is_of_a_class_that_takes_no_filter(self):
        self.aws.deploy("logging.yaml", "guarded", **self.given)
        groups = self.aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/kinesisfirehose/guarded")["logGroups"]
        self.assertEqual([group["logGroupClass"] for group in groups], ["INFREQUENT_ACCESS"])
        rules = self.aws.client("events").list_rules()["Rules"]
        self.assertEqual(
            [[call["requestParameters"] for call in json.loads(rule["EventPattern"])["detail"]["$or"]] for rule in rules],
            [[{"logGroupName": ["/aws/lambda/guarded-transformer"]}, {"policyType": ["SUBSCRIPTION_FILTER_POLICY"]}]],
        )
        self.aws.destroy("guarded")

    def test_the_trail_bucket_takes_what_its_trails_write_and_nothing_else(self):
        bucket, arns = "org-trails", f"arn:aws:cloudtrail:{REGION}:111122223333:trail/catchment"
        writes = f"arn:aws:s3:::{bucket}/AWSLogs/111122223333/*,arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*"
        self.aws.deploy(
            "cloudtrail-bucket.yaml", "trails", BucketName=bucket, TrailArns=arns, TrailObjects=writes, LockMode="GOVERNANCE"
        )
        s3 = self.aws.client("s3")
        read, write, _ = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        self.assertEqual(read["Condition"]["StringEquals"]["aws:SourceArn"], [arns])
        self.assertEqual(write["Resource"], writes.split(","))
        self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        self.assertTrue(all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()))
        self.aws.destroy("trails")
        s3.head_bucket(Bucket=bucket)


if __name__ == "__main__":
    unittest.main()
