"""What holds for every template of infra/: data outlives stacks, parameters are bounded, exceptions have reasons."""

import difflib
import itertools
import re
import unittest

import columns
import policies
from template import INFRA, Stack, load

HOLDS_DATA = {"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"}
# The log groups of logging.yaml contain the delivery path's own logs, nobody's data, and are deleted with the stack.
LOG_GROUPS_THAT_HOLD_DATA = {"member.yaml", "guardduty.yaml"}
NESTED = {"alarms.yaml", "dashboard.yaml", "queries.yaml"}
CONSTRAINTS = {"AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue"}
LOGGING = {"StreamName": "one", "Architecture": "arm64", "Accounts": "111122223333"}
OPENSEARCH = {"Destination": "opensearch", "OpenSearchDomainArn": "arn:aws:es:us-west-2:999988887777:domain/logs"}
HTTP = {"Destination": "http", "HttpUrl": "https://a", "HttpSecretArn": "arn:aws:secretsmanager:us-west-2:999988887777:secret:a"}
TRAILS = {"BucketName": "trails", "TrailArns": "a", "TrailObjects": "b"}


def templates():
    for path in policies.TEMPLATES:
        yield path.name, path.read_text(), load(path.name)


def resources(template, *types):
    """The resources of some types, or all, in order: (logical id, resource)."""
    for name, resource in template["Resources"].items():
        if not name.startswith("Fn::ForEach") and (not types or resource["Type"] in types):
            yield name, resource


def logging(**given):
    return Stack("logging.yaml", {**LOGGING, **given})


class Everywhere(unittest.TestCase):
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

    def test_every_parameter_says_what_it_is_and_is_bounded(self):
        for name, _, template in templates():
            for parameter, declared in template["Parameters"].items():
                with self.subTest(template=name, parameter=parameter):
                    self.assertIn("Description", declared)
                    self.assertTrue(CONSTRAINTS & declared.keys(), "no constraint")
                    if declared["Type"] == "Number" and "AllowedValues" not in declared:
                        self.assertLessEqual({"MinValue", "MaxValue"}, declared.keys())
                    if "Default" in declared and "AllowedPattern" in declared:
                        self.assertRegex(declared["Default"], f"^(?:{declared['AllowedPattern']})$")

    def test_every_parameter_that_a_person_sees_is_in_one_group(self):
        for name, _, template in templates():
            if name in NESTED:
                continue
            groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
            grouped = list(itertools.chain.from_iterable(group["Parameters"] for group in groups))
            with self.subTest(template=name):
                self.assertEqual(sorted(grouped), sorted(template["Parameters"]))

    def test_a_rule_looks_for_a_value_in_a_list_that_is_written_there(self):
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html:
        # Fn::Contains takes a list of strings. Nothing says that it takes a reference to a list parameter.
        for name, text, template in templates():
            rules = text[text.index("\nRules:") : text.index("\nConditions:")] if "\nRules:" in text else ""
            for listed, parameter in re.findall(r'"Fn::Contains": \[(\[.*?\]|!Ref \w+), (?:!Ref )?([^\]]+)\]', rules):
                with self.subTest(template=name):
                    self.assertTrue(listed.startswith("["), "a parameter instead of a list")
                    self.assertNotEqual(template["Parameters"][parameter]["Type"], "CommaDelimitedList")

    def test_every_ignored_rule_gives_its_reason(self):
        for name, text, _ in templates():
            lines = text.splitlines()
            for number, line in enumerate(lines):
                for rule in re.findall(r"\b[EWI]\d{4}\b", line) if "ignore_checks" in line else []:
                    with self.subTest(template=name, rule=rule):
                        self.assertRegex(lines[number - 1], rf"# {rule}: \w+( \S+){{4,}}")

    def test_the_readme_lists_every_template_and_knows_every_parameter_that_it_names(self):
        readme = (INFRA / "README.md").read_text()
        known = set()
        for name, _, template in templates():
            self.assertIn(f"| `{name}` |", readme)
            known |= template["Parameters"].keys() | template["Resources"].keys()
        for text in (readme, (policies.ROOT / "README.md").read_text()):
            for parameter in re.findall(r"\b([A-Z][a-z][A-Za-z0-9]+)=", text):
                with self.subTest(parameter=parameter):
                    self.assertIn(parameter, known)

    def test_every_command_says_which_account_and_which_region(self):
        """In the wrong account, a command creates what nobody looks for."""
        for path in ("README.md", "infra/README.md"):
            text = (policies.ROOT / path).read_text()
            for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
                for command in re.sub(r"\\\n\s*", " ", block).splitlines():
                    if re.match(r"(sam deploy|aws (?!configure))", command):
                        with self.subTest(file=path, command=command[:60]):
                            self.assertIn("--profile ", command)
                            self.assertIn("--region ", command)


class Architecture(unittest.TestCase):
    def test_no_default_can_disagree_with_the_zip(self):
        self.assertNotIn("Default", load("logging.yaml")["Parameters"]["Architecture"])
        function = logging(Architecture="x86_64").made()["Transformer"].properties
        self.assertEqual(function["Architectures"], ["x86_64"])

    def test_the_zip_holds_one_executable_and_no_script_chooses(self):
        makefile = (policies.ROOT / "Makefile").read_text()
        self.assertIn("package.py $(LAMBDA_DIR)/bootstrap target/lambda/transformer.zip", makefile)
        self.assertFalse((INFRA / "bundle.py").exists())


class Delivery(unittest.TestCase):
    def test_partitions_are_refused_a_buffer_that_firehose_would_refuse(self):
        for seconds in load("logging.yaml")["Parameters"]["DeliverySeconds"]["AllowedValues"]:
            refused = logging(DeliverySeconds=seconds).refused()
            with self.subTest(seconds=seconds):
                self.assertEqual(bool(refused), seconds < 60, refused)
                self.assertEqual(logging(**OPENSEARCH, DeliverySeconds=seconds).refused(), [])

    def test_the_prefix_and_the_transformer_have_the_same_keys(self):
        for keys in load("logging.yaml")["Parameters"]["PartitionKeys"]["AllowedValues"]:
            made = logging(PartitionKeys=keys).made()
            prefix = made["FirehoseToS3"].get("ExtendedS3DestinationConfiguration/Prefix")
            variables = made["Transformer"].get("Environment/Variables")
            asked = re.findall(r"(\w+)=!\{partitionKeyFromLambda:(\w+)\}/", prefix)
            with self.subTest(keys=keys):
                self.assertEqual(",".join(key for _, key in asked), variables["CATCHMENT_PARTITION_KEYS"])
                self.assertTrue(all(column == key for column, key in asked))

    def test_partitions_by_class_need_a_schema_that_has_classes(self):
        for schema in load("logging.yaml")["Parameters"]["Schema"]["AllowedValues"]:
            for keys in ("account-class-date", "class-date"):
                with self.subTest(schema=schema, keys=keys):
                    refused = logging(PartitionKeys=keys, Schema=schema).refused()
                    self.assertEqual(not refused, schema.startswith("ocsf-"), refused)

    def test_parquet_is_made_as_firehose_wants_it(self):
        for keys in ("account-source-date", "source-date"):
            made = logging(Storage="parquet", PartitionKeys=keys).made()
            delivery = made["FirehoseToS3"].get("ExtendedS3DestinationConfiguration")
            conversion = delivery["DataFormatConversionConfiguration"]
            (table,) = [it for it in made.values() if it.type == "AWS::Glue::Table"]
            with self.subTest(keys=keys):
                # https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html: no compression of S3's, a
                # buffer of 64 MB or more; record-format-conversion.html: JSON comes in, so the transformer may not compress either
                self.assertEqual(delivery["CompressionFormat"], "UNCOMPRESSED")
                self.assertIn(int(delivery["BufferingHints"]["SizeInMBs"]), range(64, 129))
                self.assertEqual(made["Transformer"].get("Environment/Variables/CATCHMENT_COMPRESSION"), "none")
                self.assertEqual(made["Transformer"].get("Environment/Variables/CATCHMENT_FORMAT"), "events")
                # Lambda answers with 6 MB at most: 1 MB of gzipped CloudTrail opens to 11 MB of base64
                (processor,) = delivery["ProcessingConfiguration"]["Processors"]
                parameters = {it["ParameterName"]: it["ParameterValue"] for it in processor["Parameters"]}
                self.assertEqual(parameters["BufferSizeInMBs"], "0.2")
                schema = conversion["SchemaConfiguration"]
                self.assertEqual(conversion["Enabled"], True)
                self.assertEqual(schema["DatabaseName"], "<SavedQueries#1>.Outputs.Database")
                self.assertEqual(schema["TableName"], "<SavedQueries#1>.Outputs.Table")
                columns = {it["Name"] for it in table.get("TableInput/StorageDescriptor/Columns")}
                renamed = conversion["InputFormatConfiguration"]["Deserializer"]["OpenXJsonSerDe"]["ColumnToJsonKeyMappings"]
                self.assertEqual(renamed, {"event_time": "timestamp"})
                self.assertLessEqual(renamed.keys(), columns)
                # https://docs.aws.amazon.com/firehose/latest/APIReference/API_OpenXJsonSerDe.html
                self.assertNotIn("timestamp", columns)

    def test_json_switches_the_conversion_off_since_an_update_keeps_what_it_does_not_name(self):
        # https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
        delivery = logging().made()["FirehoseToS3"].get("ExtendedS3DestinationConfiguration")
        self.assertEqual(delivery["DataFormatConversionConfiguration"], {"Enabled": False})
        self.assertEqual(delivery["FileExtension"], ".jsonl.gz")

    def test_parquet_is_refused_where_firehose_cannot_convert(self):
        self.assertEqual(logging(Storage="parquet").refused(), [])
        for other in (OPENSEARCH, HTTP):
            self.assertEqual(logging(**other, Storage="parquet").refused(), ["Storage parquet needs Destination s3"])

    def test_only_a_stream_that_converts_may_read_the_schema_and_nothing_else_of_glue(self):
        # https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-glue, and for the ancestors of a table
        # https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
        role = logging(Storage="parquet").made()["FirehoseRole"]
        self.assertEqual(allowed(role, "glue"), {"glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"})
        self.assertEqual(allowed(logging().made()["FirehoseRole"], "glue"), set())

    def test_only_lines_in_s3_and_over_http_have_a_schema_and_then_no_table(self):
        for given in (OPENSEARCH, {"Storage": "parquet"}):
            with self.subTest(given=given):
                self.assertEqual(logging(**given).refused(), [])
                self.assertEqual(len(logging(**given, Schema="native").refused()), 1)
        for given in ({}, HTTP):
            stack = logging(**given, Schema="native")
            with self.subTest(given=given):
                self.assertEqual(stack.refused(), [])
                self.assertEqual(stack.made()["Transformer"].get("Environment/Variables/CATCHMENT_SCHEMA"), "native")
                self.assertFalse([it for it in stack.made().values() if it.type in ("AWS::Glue::Table", "AWS::Athena::NamedQuery")])

    def test_a_layer_brings_the_settings_file(self):
        layer = "arn:aws:lambda:us-west-2:999988887777:layer:settings:7"
        transformer = logging(SettingsLayerArn=layer).made()["Transformer"]
        self.assertEqual(transformer.properties["Layers"], [layer])
        self.assertEqual(transformer.get("Environment/Variables/CATCHMENT_SETTINGS_FILE"), "/opt/catchment.json")
        without = logging().made()["Transformer"]
        self.assertNotIn("CATCHMENT_SETTINGS_FILE", without.get("Environment/Variables"))

    def test_the_key_of_hashes_comes_from_its_secret_and_stands_nowhere_else(self):
        transformer = logging(RedactKeySecret="catchment/redact").made()["Transformer"]
        key = transformer.get("Environment/Variables/CATCHMENT_REDACT_KEY")
        self.assertEqual(key, "{{resolve:secretsmanager:catchment/redact:SecretString}}")
        self.assertNotIn("CATCHMENT_REDACT_KEY", logging().made()["Transformer"].get("Environment/Variables"))

    def test_only_uncompressed_output_is_put_back_and_only_then_is_it_allowed(self):
        key = "arn:aws:kms:us-west-2:999988887777:key/1"
        for given, actions in (
            ({}, []),
            ({"StreamKeyArn": key}, []),
            ({"Storage": "parquet"}, ["kinesis:PutRecords"]),
            (OPENSEARCH, ["kinesis:PutRecords"]),
            ({**OPENSEARCH, "Overflow": "fail", "StreamKeyArn": key}, []),
            ({**HTTP, "StreamKeyArn": key}, ["kinesis:PutRecords", "kms:GenerateDataKey"]),
        ):
            made = logging(**given).made()
            _, *more = made["TransformerRole"].properties["Policies"]
            variables = made["Transformer"].get("Environment/Variables")
            with self.subTest(given=given):
                self.assertEqual([policy["PolicyDocument"]["Statement"][0]["Action"] for policy in more], actions)
                self.assertEqual(variables.get("CATCHMENT_OVERFLOW"), "reingest" if actions else None)
                self.assertTrue(variables["CATCHMENT_COMPRESSION"] == "none" or not actions)

    def test_the_accounts_that_the_description_names_fit_the_quota(self):
        """500 active partitions: accounts by three sources, and twice that around midnight."""
        described = load("logging.yaml")["Parameters"]["PartitionKeys"]["Description"]
        accounts = int(re.search(r"Up to (\d+) accounts", described)[1])
        self.assertLessEqual(accounts * 3 * 2, 500)

    def test_opensearch_in_a_vpc_gets_its_interfaces_and_the_permissions_for_them(self):
        given = {**OPENSEARCH, "OpenSearchSubnetIds": "subnet-1,subnet-2", "OpenSearchSecurityGroupIds": "sg-1"}
        made = logging(**given).made()
        vpc = made["FirehoseToOpenSearch"].get("AmazonopensearchserviceDestinationConfiguration/VpcConfiguration")
        self.assertEqual((vpc["SubnetIds"], vpc["SecurityGroupIds"]), (["subnet-1", "subnet-2"], ["sg-1"]))
        # https://docs.aws.amazon.com/firehose/latest/APIReference/API_VpcConfiguration.html
        asked = {
            *("DescribeVpcs", "DescribeVpcAttribute", "DescribeSubnets", "DescribeSecurityGroups"),
            *("DescribeNetworkInterfaces", "CreateNetworkInterface", "CreateNetworkInterfacePermission"),
            "DeleteNetworkInterface",
        }
        self.assertEqual({action.removeprefix("ec2:") for action in allowed(made["FirehoseRole"], "vpc")}, asked)
        self.assertEqual(allowed(logging(**OPENSEARCH).made()["FirehoseRole"], "vpc"), set())
        self.assertTrue(logging(**OPENSEARCH, OpenSearchSubnetIds="subnet-1").refused())

    def test_a_secret_under_a_customer_key_can_be_read(self):
        key = "arn:aws:kms:us-west-2:999988887777:key/1"
        role = logging(**HTTP, HttpSecretKeyArn=key).made()["FirehoseRole"]
        self.assertEqual(allowed(role, "secret-key"), {"kms:Decrypt"})
        self.assertEqual(allowed(logging(**HTTP).made()["FirehoseRole"], "secret-key"), set())

    def test_the_delivery_paths_log_groups_have_the_names_that_the_cli_refuses(self):
        groups = [it["Properties"]["LogGroupName"] for _, it in resources(load("logging.yaml"), "AWS::Logs::LogGroup")]
        names = {name["Sub"] for name in groups}
        self.assertEqual(names, {"/aws/kinesisfirehose/${AWS::StackName}", "/aws/lambda/${AWS::StackName}-transformer"})
        cli = (policies.ROOT / "crates/cli/src/provision/fleet/validate.rs").read_text()
        self.assertIn("`/aws/kinesisfirehose/STACK` and `/aws/lambda/STACK-transformer`", cli)


class Athena(unittest.TestCase):
    longMessage = False

    def test_the_tables_columns_are_the_members_of_the_lines_in_the_golden_batches(self):
        self.assertEqual(list(columns.members())[0], "timestamp")
        template = (policies.ROOT / "infra" / "queries.yaml").read_text()
        right = columns.rewrite(template)
        difference = difflib.unified_diff(template.splitlines(), right.splitlines(), "queries.yaml", "make bless", n=1, lineterm="")
        self.assertEqual(template, right, "\n".join(["", *difference]))
        self.assertEqual(len(re.findall(r"Columns: # tests/batches, without", template)), template.count("Columns:"))

    def test_athena_reads_json_with_the_serde_that_finds_every_row(self):
        # https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html: with OpenX's, results can be non-deterministic
        for storage, serde in (
            ("json", "org.apache.hive.hcatalog.data.JsonSerDe"),
            ("parquet", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
        ):
            (table,) = [it for it in logging(Storage=storage).made().values() if it.type == "AWS::Glue::Table"]
            self.assertEqual(table.get("TableInput/StorageDescriptor/SerdeInfo/SerializationLibrary"), serde)


class Buckets(unittest.TestCase):
    """The log bucket and the trails' bucket make the same promises."""

    def buckets(self, **given):
        yield "LogBucket", logging(**given).made()["LogBucket"]
        yield "TrailBucket", Stack("cloudtrail-bucket.yaml", {**TRAILS, **given}).made()["TrailBucket"]

    def test_what_expires_is_gone_after_the_days_to_recover_and_not_after_twice_the_time(self):
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html: with versions,
        # expiration adds a delete marker, and the noncurrent days count from there.
        for name, bucket in self.buckets(ExpireAfterDays="400", RecoverDays="7"):
            rules = {rule["Id"]: rule for rule in bucket.get("LifecycleConfiguration/Rules")}
            with self.subTest(bucket=name):
                self.assertEqual(rules["expiry"]["ExpirationInDays"], "400")
                self.assertEqual(rules["expiry"]["NoncurrentVersionExpiration"], {"NoncurrentDays": "7"})

    def test_what_is_moved_to_glacier_has_the_size_that_the_description_says(self):
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
        for name, bucket in self.buckets(GlacierAfterDays="90"):
            rules = {rule["Id"]: rule for rule in bucket.get("LifecycleConfiguration/Rules")}
            with self.subTest(bucket=name):
                self.assertEqual(rules["glacier"]["ObjectSizeGreaterThan"], str(128 * 1024 - 1))

    def test_both_can_be_locked_and_can_log_who_read_them(self):
        for name, bucket in self.buckets(LockMode="COMPLIANCE", LockDays="365", AccessLogBucketName="access-logs"):
            with self.subTest(bucket=name):
                self.assertEqual(bucket.get("ObjectLockEnabled"), True)
                retention = bucket.get("ObjectLockConfiguration/Rule/DefaultRetention")
                self.assertEqual(retention, {"Mode": "COMPLIANCE", "Days": "365"})
                self.assertEqual(bucket.get("LoggingConfiguration/DestinationBucketName"), "access-logs")


class Members(unittest.TestCase):
    def test_the_template_is_fit_for_a_stack_set(self):
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html: no macros, the transforms
        # among them, with service-managed permissions
        template = load("member.yaml")
        self.assertNotIn("Transform", template)
        self.assertEqual(list(resources(template, "AWS::CloudFormation::Stack")), [])

    def test_a_vpc_taken_out_leaves_the_others_where_they_are(self):
        before = Stack("member.yaml", {"VpcId1": "vpc-1", "VpcId2": "vpc-2", "VpcId3": "vpc-3"}).made()
        after = Stack("member.yaml", {"VpcId2": "vpc-2", "VpcId3": "vpc-3"}).made()
        self.assertEqual(before.keys() - after.keys(), {"FlowLog1"})
        self.assertEqual([after[it] for it in ("FlowLog2", "FlowLog3")], [before[it] for it in ("FlowLog2", "FlowLog3")])

    def test_one_vpc_in_two_parameters_is_refused(self):
        self.assertEqual(Stack("member.yaml", {"VpcId1": "vpc-1", "VpcId2": "vpc-2"}).refused(), [])
        self.assertTrue(Stack("member.yaml", {"VpcId2": "vpc-1", "VpcId5": "vpc-1"}).refused())

    def test_the_trail_is_made_in_its_home_region_only(self):
        given = {"TrailBucketName": "trails", "HomeRegion": "us-west-2"}
        home = Stack("member.yaml", given).made()
        self.assertLessEqual({"Trail", "TrailRole", "TrailLogGroup"}, home.keys())
        elsewhere = Stack("member.yaml", given, pseudo={"AWS::Region": "eu-west-1"}).made()
        self.assertEqual({"Trail", "TrailRole", "TrailLogGroup"} & elsewhere.keys(), set())

    def test_a_trail_can_be_encrypted_with_the_logging_accounts_key(self):
        key = "arn:aws:kms:us-west-2:999988887777:key/1"
        trail = Stack("member.yaml", {"TrailBucketName": "trails", "TrailKeyArn": key}).made()["Trail"]
        self.assertEqual(trail.get("KMSKeyId"), key)
        bucket = Stack("cloudtrail-bucket.yaml", {**TRAILS, "LoggingTrailName": "catchment", "CustomerKeys": "true"}).made()
        self.assertEqual(bucket["LoggingTrail"].get("KMSKeyId"), "<TrailKey#1>.Arn")

    def test_an_invitation_to_guardduty_is_accepted_with_the_detector_that_is_there(self):
        invited = {"GuardDutyAdministrator": "999988887777"}
        made = Stack("member.yaml", invited).made()
        self.assertEqual(made["Administrator"].properties, {"DetectorId": "<Detector#1>", "MasterId": "999988887777"})
        own = Stack("member.yaml", {**invited, "DetectorId": "0" * 32}).made()
        self.assertEqual(own["Administrator"].get("DetectorId"), "0" * 32)
        self.assertNotIn("Detector", own)
        self.assertNotIn("Administrator", Stack("member.yaml", {}).made())


def allowed(role, policy):
    """The actions that a role's inline policy allows."""
    actions = [
        statement["Action"]
        for it in role.properties["Policies"]
        if it["PolicyName"] == policy
        for statement in it["PolicyDocument"]["Statement"]
    ]
    return set(itertools.chain.from_iterable([it] if isinstance(it, str) else it for it in actions))


if __name__ == "__main__":
    unittest.main()
