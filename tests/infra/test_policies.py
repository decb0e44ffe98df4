"""Policy documents: each exists once, each wildcard has a reason, and each follows AWS's grammar."""

import json
import re
import unittest

import parliament
import policies

WILDCARD_ROW = re.compile(r"^\| `(?P<document>[\w-]+)` \| (?P<statement>\w+) \| (?P<element>Action|Resource) \| (?P<why>.+) \|$")
POLICY_KEYS = {"AssumeRolePolicyDocument", "PolicyDocument", "KeyPolicy", "ResourcePolicyDocument"}

# False findings of parliament, by document and issue, with the reason. Remove those that it no longer reports.
NOT_SO = {
    ("customer-key", "RESOURCE_STAR"): "in a key policy `*` means the key itself",
    ("trail-key", "RESOURCE_STAR"): "in a key policy `*` means the key itself",
    ("delivery-role-trust-organization", "UNKNOWN_CONDITION_FOR_ACTION"): "aws:SourceOrgID is a global key of 2023, not on its list",
    ("destination", "RESOURCE_MISMATCH"): "a destination policy names the destination; parliament knows the log group's ARN only",
    ("destination-organization", "RESOURCE_MISMATCH"): "the same",
    ("operator-member", "RESOURCE_MISMATCH"): "PutSubscriptionFilter needs permission on the log group and on the destination",
    ("operator-verify-member", "RESOURCE_MISMATCH"): "DescribeLogGroups, as below",
    ("operator-logging", "RESOURCE_MISMATCH"): "parliament knows no stream for UpdateShardCount, UpdateStreamMode, StartStreamEncryption",
    ("operator-role", "MISMATCHED_TYPE_BUT_USABLE"): "AWS's own examples compare iam:PermissionsBoundary with StringEquals",
    ("operator-discover", "RESOURCE_MISMATCH"): "DescribeLogGroups takes log-group:*, as AWS says in AWS-logs-infrastructure-CWL.html",
}

# Plausible values for the placeholders, because parliament needs a real document. The others stay as they are.
SAMPLES = {
    "account_policies": "*",
    "put_account_policies": "*",
    "partition": "aws",
    "account": "111122223333",
    "region": "us-west-2",
    "url_suffix": "amazonaws.com",
    "sources": "arn:aws:logs:us-west-2:111122223333:*",
    "bucket_arn": "arn:aws:s3:::catchment-logs",
    "customer_key_arn": "arn:aws:kms:us-west-2:111122223333:key/0",
    "destination": "arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
    "destinations": "arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
    "domain_arn": "arn:aws:es:us-west-2:111122223333:domain/logs",
    "buckets": "arn:aws:s3:::example-bucket",
    "error_output": "arn:aws:s3:::example-bucket/processing-failed/*",
    "keys": "arn:aws:kms:us-west-2:111122223333:key/1",
    "log_streams": "arn:aws:logs:us-west-2:111122223333:log-group:flow-logs:log-stream:catchment-verify",
    "objects": "arn:aws:s3:::example-bucket/*",
    "firehoses": "arn:aws:firehose:us-west-2:999988887777:deliverystream/*",
    "log_groups": "arn:aws:logs:us-west-2:111122223333:log-group:flow-logs:*",
    "listed": "arn:aws:logs:us-west-2:111122223333:log-group:*",
    "members": "111122223333",
    "organization": "o-a1b2c3d4e5",
    "organizations": "o-a1b2c3d4e5",
    "secret_key_arn": "arn:aws:kms:us-west-2:111122223333:key/1",
    "role": "arn:aws:iam::999988887777:role/cwrole",
    "made_role": "arn:aws:iam::999988887777:role/cwrole",
    "bounded_role": "arn:aws:iam::999988887777:role/cwrole",
    "unbounded_role": "arn:aws:iam::999988887777:role/cwrole",
    "boundary": "arn:aws:iam::999988887777:policy/Boundary",
    "enterer": "arn:aws:iam::999988887777:root",
    "enterer_with_id": "arn:aws:iam::999988887777:root",
    "secret_arn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:key-abcdef",
    "stream_key_arn": "arn:aws:kms:us-west-2:111122223333:key/1",
    "streams": "arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream",
    "topic_arn": "arn:aws:sns:us-west-2:111122223333:catchment-alarms",
    "trail_arns": "arn:aws:cloudtrail:us-west-2:111122223333:trail/catchment",
    "trail_objects": "arn:aws:s3:::catchment-trails/AWSLogs/111122223333/*",
    "transformer_arn": "arn:aws:lambda:us-west-2:111122223333:function:catchment-transformer",
}


def sample(document):
    """The document with values for its placeholders. A trust policy gets a resource, without which parliament complains."""
    filled = policies.PLACEHOLDER.sub(lambda found: SAMPLES.get(found[1], found[1]), json.dumps(document))
    filled = json.loads(filled)
    for statement in filled["Statement"]:
        if statement["Action"] == "sts:AssumeRole":
            statement["Resource"] = SAMPLES["role"]
    return json.dumps(filled)


def as_list(value):
    return value if isinstance(value, list) else [value]


def has_wildcard(element, value):
    """A bare `*`, or an action that contains one."""
    return value == "*" or (element == "Action" and "*" in value)


class OneSource(unittest.TestCase):
    def test_the_copies_in_the_templates_are_what_the_documents_say(self):
        for template in policies.TEMPLATES:
            with self.subTest(template=template.name):
                text = template.read_text()
                self.assertEqual(text, policies.rewrite(text), "`make bless` writes the copies again")

    def test_a_template_explains_the_placeholders_that_it_needs_and_no_others(self):
        known = {name: json.dumps(document) for name, document in policies.documents().items()}
        for template in policies.TEMPLATES:
            text = template.read_text()
            needed = {found for _, _, name in policies.markers(text) for found in policies.PLACEHOLDER.findall(known[name])}
            with self.subTest(template=template.name):
                self.assertEqual(needed, {placeholder for placeholder, _ in policies.MEANING.findall(text)})

    def test_a_template_holds_no_policy_of_its_own(self):
        for template in policies.TEMPLATES:
            text = template.read_text()
            held = sum(1 for _ in policies_within(policies.load_yaml(text)))
            with self.subTest(template=template.name):
                self.assertEqual(held, len(list(policies.markers(text))))

    def test_every_document_is_used(self):
        in_templates = {name for path in policies.TEMPLATES for _, _, name in policies.markers(path.read_text())}
        cli = "\n".join(path.read_text() for path in (policies.ROOT / "crates/cli/src").rglob("*.rs"))
        for name in policies.documents():
            with self.subTest(document=name):
                self.assertTrue(name in in_templates or f'"{name}.json"' in cli, "neither a template nor the CLI uses it")

    def test_a_change_in_a_document_would_be_seen(self):
        text = (policies.ROOT / "infra" / "logging.yaml").read_text()
        changed = text.replace("kinesis:GetRecords", "kinesis:PutRecord", 1)
        self.assertNotEqual(changed, text)
        self.assertEqual(policies.rewrite(changed), text)


class LeastPrivilege(unittest.TestCase):
    def test_every_wildcard_has_its_reason_and_every_reason_its_wildcard(self):
        found = set()
        for name, document in policies.documents().items():
            for statement in document["Statement"]:
                for element in ("Action", "Resource"):
                    values = as_list(statement.get(element, []))
                    if statement["Effect"] == "Allow" and any(has_wildcard(element, value) for value in values):
                        found.add((name, statement["Sid"], element))
        readme = (policies.POLICIES / "README.md").read_text().splitlines()
        reasons = {(row["document"], row["statement"], row["element"]) for line in readme if (row := WILDCARD_ROW.match(line))}
        self.assertEqual(found, reasons)

    def test_no_statement_is_written_by_exclusion(self):
        for name, document in policies.documents().items():
            for statement in document["Statement"]:
                with self.subTest(document=name, statement=statement["Sid"]):
                    self.assertFalse({"NotAction", "NotResource", "NotPrincipal"} & statement.keys())

    def test_parliament_finds_nothing_but_what_is_not_so(self):
        found = {
            (name, finding.issue): str(finding)
            for name, document in policies.documents().items()
            for finding in parliament.analyze_policy_string(sample(document)).findings
        }
        self.assertEqual(found.keys(), NOT_SO.keys(), found)


def policies_within(node):
    """Every policy document inside a node of a template."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict) and (key in POLICY_KEYS or "Statement" in value):
                yield value
            else:
                yield from policies_within(value)
    elif isinstance(node, list):
        for value in node:
            yield from policies_within(value)


if __name__ == "__main__":
    unittest.main()
