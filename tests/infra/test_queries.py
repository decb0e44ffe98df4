"""The Glue table and the Athena queries of infra/queries.yaml, over objects that the transformer wrote, in DuckDB.

sqlglot translates the queries from Athena's dialect to DuckDB's. What this cannot test is AWS's own: partition projection, the
SerDes, and Firehose's format conversion.
"""

import base64
import datetime
import gzip
import itertools
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import duckdb
import policies
import sqlglot
from template import Stack

sys.path.insert(0, str(policies.ROOT / "tests" / "demo"))
import events
import fleet

GIVEN = {"StreamName": "one", "Architecture": "arm64", "Accounts": "111122223333,444455556666,999988887777"}
SOURCES = {group: source for account in fleet.MEMBERS for source, group in account.log_groups.items()}
# Of the members of a line, those that only some have.
OPTIONAL = {"error", "account_name"}
NOW = datetime.datetime.now(datetime.UTC)
DUCKDB = {"string": "VARCHAR", "int": "INTEGER"}
ALICE = "arn:aws:iam::111122223333:user/alice"


def cloudtrail(name, **more):
    """A record in addition to the demo's."""
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": ALICE},
        "eventTime": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": fleet.REGION,
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": None,
        "eventType": "AwsApiCall",
    }
    return json.dumps({**record, **more}, separators=(",", ":"))


ROOT_USER = {"type": "Root", "arn": "arn:aws:iam::111122223333:root"}
LOGIN = {"eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn"}
SUCCESS = {**LOGIN, "responseElements": {"ConsoleLogin": "Success"}}
# For each question, records that match it and records that almost do.
QUESTIONS = [
    cloudtrail("DeleteBucket", requestParameters={"bucketName": "example-bucket"}),
    cloudtrail("PutBucketAcl", requestParameters={"bucketName": "another"}, errorCode="AccessDenied"),
    cloudtrail("PutBucketAcl", requestParameters={"bucketName": "another"}, errorCode="AccessDenied"),
    cloudtrail("ConsoleLogin", **SUCCESS, additionalEventData={"MFAUsed": "No"}),
    cloudtrail("ConsoleLogin", **SUCCESS, additionalEventData={"MFAUsed": "Yes"}),
    cloudtrail("ConsoleLogin", **LOGIN, responseElements={"ConsoleLogin": "Failure"}, additionalEventData={"MFAUsed": "No"}),
    cloudtrail("ConsoleLogin", **SUCCESS, userIdentity={"type": "AssumedRole"}, additionalEventData={"MFAUsed": "No"}),
    cloudtrail("CreateAccessKey", userIdentity=ROOT_USER, eventSource="iam.amazonaws.com"),
    cloudtrail("Decrypt", userIdentity={**ROOT_USER, "invokedBy": "AWS Internal"}),
]
FLOWS = [
    "2 111122223333 eni-1 10.9.9.9 10.8.8.8 40000 443 6 10 900000000 1 2 ACCEPT OK",
    "2 111122223333 eni-1 10.9.9.9 10.8.8.8 40001 443 6 10 900000000 1 2 ACCEPT OK",
    "2 111122223333 eni-1 192.0.2.1 10.8.8.8 40001 3389 6 1 40 1 2 REJECT OK",
]


def subscription_message(account, group, stream, messages):
    stamp = int(NOW.timestamp() * 1000)
    return {
        "messageType": "DATA_MESSAGE",
        "owner": account.number,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": ["catchment"],
        "logEvents": [{"id": str(n), "timestamp": stamp, "message": it} for n, it in enumerate(messages)],
    }


def batch():
    """A batch as Firehose sends it: what the demo writes, and in the first member the records for the questions."""
    records = []
    for account in fleet.MEMBERS:
        for source, group in account.log_groups.items():
            stream, messages = events.of(account, source)
            if account is fleet.DEV1:
                messages = messages + {"cloudtrail": QUESTIONS, "vpc-flow-logs": FLOWS}.get(source, [])
            message = json.dumps(subscription_message(account, group, stream, messages))
            data = base64.b64encode(gzip.compress(message.encode())).decode()
            records.append({"recordId": str(len(records)), "data": data})
    arn = f"arn:aws:firehose:{fleet.REGION}:999988887777:deliverystream/catchment"
    return {"invocationId": "i", "deliveryStreamArn": arn, "region": fleet.REGION, "records": records}


def transformed(variables):
    """What the transformer answers with the template's settings."""
    flags = [
        part
        for name, value in {**variables, "CATCHMENT_SOURCES": json.dumps(SOURCES)}.items()
        for part in (f"--{name.removeprefix('CATCHMENT_').lower().replace('_', '-')}", value)
    ]
    command = ["cargo", "run", "--quiet", "--locked", "--package", "catchment", "--", "replay", "--response", *flags]
    done = subprocess.run(command, cwd=policies.ROOT, input=json.dumps(batch()), capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)["records"]


class Archive:
    """The objects of a stack, in a folder as its Prefix says, with the table and the queries over them."""

    def __init__(self, folder, keys, storage):
        made = Stack("logging.yaml", {**GIVEN, "PartitionKeys": keys, "Storage": storage}).made()
        self.queries = {it.get("Name"): it.get("QueryString") for it in made.values() if it.type == "AWS::Athena::NamedQuery"}
        (table,) = [it for it in made.values() if it.type == "AWS::Glue::Table"]
        self.table = table.properties["TableInput"]
        self.columns = {it["Name"]: it["Type"] for it in self.table["StorageDescriptor"]["Columns"]}
        self.partitions = {it["Name"]: it["Type"] for it in self.table["PartitionKeys"]}
        self.delivery = made["FirehoseToS3"].get("ExtendedS3DestinationConfiguration")
        self.prefix = self.delivery["Prefix"]
        self.engine = duckdb.connect()
        self.lines = []
        for record in transformed(made["Transformer"].get("Environment/Variables")):
            parts = record["metadata"]["partitionKeys"]
            path = folder / re.sub(r"!\{partitionKeyFromLambda:(\w+)\}", lambda it: parts[it[1]], self.prefix)
            path.mkdir(parents=True, exist_ok=True)
            path /= record["recordId"] + self.delivery["FileExtension"]
            data = base64.b64decode(record["data"])
            lines = [json.loads(line) for line in (data if storage == "parquet" else gzip.decompress(data)).decode().splitlines()]
            if storage == "parquet":
                self.convert(lines, path)
            else:
                path.write_bytes(data)
            self.lines += lines
        objects = f"'{folder}/**/*'"
        read = {
            "json": f"read_json({objects}, format = 'newline_delimited', columns = {struct(self.columns)}",
            "parquet": f"read_parquet({objects}",
        }[storage]
        view = f"{read}, hive_partitioning = true, hive_types = {struct(self.partitions)})"
        self.engine.execute(f"CREATE VIEW {self.table['Name']} AS SELECT * FROM {view}")

    def convert(self, lines, path):
        """Converts as Firehose does: reads each column of the table from its member, and omits members without a column.

        https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
        """
        deserializer = self.delivery["DataFormatConversionConfiguration"]["InputFormatConfiguration"]["Deserializer"]
        members = deserializer["OpenXJsonSerDe"]["ColumnToJsonKeyMappings"]
        rows = [[line.get(members.get(column, column)) for column in self.columns] for line in lines]
        types = ", ".join(f'"{name}" {DUCKDB[kind]}' for name, kind in self.columns.items())
        self.engine.execute(f"CREATE OR REPLACE TABLE object ({types})")
        self.engine.executemany(f"INSERT INTO object VALUES ({', '.join('?' for _ in self.columns)})", rows)
        self.engine.execute(f"COPY object TO '{path}' (FORMAT parquet, COMPRESSION gzip)")

    def ask(self, name):
        (statement,) = sqlglot.transpile(self.queries[name], read="athena", write="duckdb")
        found = self.engine.execute(statement)
        names = [it[0].replace("event_time", "timestamp") for it in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def struct(types):
    """Names and types for DuckDB's readers."""
    return {name: DUCKDB[kind] for name, kind in types.items()}


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        kinds = itertools.product(("account-source-date", "source-date"), ("json", "parquet"))
        cls.archives = {" as ".join(kind): Archive(folder / "-".join(kind), *kind) for kind in kinds}
        cls.archive = cls.archives["account-source-date as json"]

    def test_every_member_of_a_line_has_a_column_or_is_in_the_objects_key(self):
        for kind, archive in self.archives.items():
            in_key = re.findall(r"(\w+)=!", archive.prefix)
            given = [it.replace("event_time", "timestamp") for it in archive.columns]
            with self.subTest(kind=kind):
                self.assertEqual(list(archive.partitions), in_key)
                for line in archive.lines:
                    self.assertEqual([it for it in line if it not in in_key], [it for it in given if it not in OPTIONAL])

    def test_the_projected_locations_are_where_firehose_writes(self):
        places = set()
        for kind, archive in self.archives.items():
            location = archive.table["Parameters"]["storage.location.template"]
            places.add(archive.prefix.split("/")[0])
            with self.subTest(kind=kind):
                written = re.sub(r"!\{partitionKeyFromLambda:(\w+)\}", r"${\1}", archive.prefix)
                self.assertEqual(location, f"s3://<LogBucket#1>/{written}")
                projected = {it.split(".")[1] for it in archive.table["Parameters"] if it.endswith(".type")}
                self.assertEqual(projected, set(archive.partitions))
        self.assertEqual(places, {"logs", "parquet"}, "a table of one would read objects of the other")

    def test_the_projected_sources_are_the_transformers(self):
        (source,) = (policies.ROOT / "crates/transformer/src").rglob("source.rs")
        names = re.findall(r' \w+ = "([\w-]+)" in \w+;', source.read_text())
        self.assertGreater(len(names), 2)
        self.assertEqual(self.archive.table["Parameters"]["projection.source.values"], ",".join([*names, "other"]))

    def test_every_query_answers_alike_over_every_layout(self):
        for name in self.archive.queries:
            answer = self.archive.ask(name)
            self.assertTrue(answer)
            for kind, archive in self.archives.items():
                with self.subTest(query=name, kind=kind):
                    self.assertEqual(archive.ask(name), answer)

    def test_every_query_reads_no_more_than_it_needs(self):
        for name, query in self.archive.queries.items():
            with self.subTest(query=name):
                self.assertIn("year = year(current_date) AND month = month(current_date)", query)
                if name != "what-arrived":
                    self.assertRegex(query, r"WHERE source = '[\w-]+' AND")

    def test_what_arrived(self):
        counted = {(row["account"], row["source"]): row["events"] for row in self.archive.ask("what-arrived")}
        self.assertEqual(counted["111122223333", "cloudtrail"], len(events.CALLS) + len(QUESTIONS))
        self.assertEqual(counted["444455556666", "vpc-flow-logs"], events.FLOWS)
        self.assertEqual(sum(counted.values()), len(self.archive.lines))

    def test_who_did_what_to_a_resource(self):
        (row,) = self.archive.ask("who-did-what-to-a-resource")
        self.assertEqual((row["who"], row["service"], row["action"]), (ALICE, "s3.amazonaws.com", "DeleteBucket"))

    def test_console_logins_without_mfa(self):
        (row,) = self.archive.ask("console-logins-without-mfa")
        self.assertEqual((row["account"], row["who"], row["address"]), ("111122223333", ALICE, "198.51.100.7"))

    def test_use_of_root(self):
        self.assertEqual([row["action"] for row in self.archive.ask("use-of-root")], ["CreateAccessKey"])

    def test_access_denied_by_principal(self):
        (row,) = self.archive.ask("access-denied-by-principal")
        self.assertEqual((row["who"], row["action"], row["refusals"]), (ALICE, "PutBucketAcl", 2))

    def test_top_talkers(self):
        row = self.archive.ask("top-talkers")[0]
        self.assertEqual((row["from_address"], row["to_address"], row["bytes"]), ("10.9.9.9", "10.8.8.8", 1_800_000_000))

    def test_rejected_traffic_by_port(self):
        rows = {(row["account"], row["to_port"]): row["flows"] for row in self.archive.ask("rejected-traffic-by-port")}
        self.assertEqual(rows["111122223333", "3389"], 1)
        rejected = [line for line in self.archive.lines if line["source"] == "vpc-flow-logs" and " REJECT " in line["message"]]
        self.assertEqual(sum(rows.values()), len(rejected))

    def test_findings_by_severity(self):
        rows = self.archive.ask("findings-by-severity")
        self.assertEqual({row["finding_account"] for row in rows}, {account.number for account in fleet.MEMBERS})
        self.assertEqual({(row["severity"], row["findings"]) for row in rows}, {(5.0, 1)})


if __name__ == "__main__":
    unittest.main()
