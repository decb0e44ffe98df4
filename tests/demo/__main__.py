"""`make demo`: sends the logs of two member accounts to S3, all on this machine.

    python tests/demo [--once]

Without `--once` the emulator keeps running until Ctrl-C, so that you can try commands of your own.
"""

import argparse
import json
import signal
import sys
import time
from collections import Counter

import console
import events
import fleet
import next_steps
from botocore.exceptions import BotoCoreError, ClientError
from bucket import BucketContents
from sandbox import LAMBDA_ZIP, ROOT, Sandbox

STACK = "catchment"
ARRIVAL_SECONDS_MAX = 60
LOG_LINES_MAX = 8
# some of the fields that each source has in the Elastic Common Schema
FIELDS = {
    "vpc-flow-logs": ("source.ip", "destination.ip", "destination.port", "network.transport", "network.bytes", "event.outcome"),
    "cloudtrail": ("user.name", "source.ip", "event.provider", "event.action", "event.outcome"),
    "guardduty": ("rule.name", "aws.guardduty.severity.value", "user.name", "cloud.account.id"),
}
REASONS = {"control-message": "CONTROL_MESSAGE: CloudWatch Logs checked the stream, once for each filter"}
# part of the line that ends the plan: `catchment plan` has shown the plan already
COUNTS = " to create, "
DEFECT_HINT = "That is a defect: please report it with this output."
APPLY_HINT = "The output above says which account failed and why. Run `make demo` again: it starts with a new emulator."


def main() -> int:
    arguments = argparse.ArgumentParser(prog="make demo", description=__doc__.partition("\n")[0])
    arguments.add_argument("--once", action="store_true", help="exit once everything has arrived (make demo ARGS=--once)")
    once = arguments.parse_args().once
    # kill and a closed terminal clean up as Ctrl-C does
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        demonstrate(once)
    except console.Failure as failure:
        console.failure(failure)
        return 1
    except (BotoCoreError, ClientError) as error:
        console.failure(console.Failure(f"an AWS call failed: {error}", f"The emulator may have exited early. {DEFECT_HINT}"))
        return 1
    except KeyboardInterrupt:
        console.heading("Stopped. Nothing is left running, and no files are left behind.")
        return 0 if not once else 130
    return 0


def demonstrate(once: bool) -> None:
    console.step(
        "Start an AWS emulator",
        "It runs behind a proxy that enforces the cross-account rules and delivers log events as CloudWatch Logs does. It"
        " has three accounts, each a named profile in a temporary folder: your ~/.aws is neither read nor written.",
    )
    with Sandbox() as sandbox:
        console.table(
            [(account.profile, account.number, ", ".join(account.log_groups.values())) for account in fleet.MEMBERS],
            ("profile", "account", "log groups"),
        )
        create_log_groups(sandbox)
        set_up_logging_account(sandbox)
        bucket = deploy(sandbox)
        subscribe(sandbox)
        write_events(sandbox)
        show(sandbox, bucket)
        console.step("Show the status of the fleet", "`status` reads everything that the fleet file names, and compares.")
        sandbox.run("catchment status", "What is not in sync is named above; `catchment plan` shows how to fix it.")
        verify(sandbox)
        if not once:
            next_steps.show(sandbox, bucket)
            while True:
                signal.pause()
    console.heading("Everything arrived, and every path is proven. Nothing is left running, and no files are left behind.")


def create_log_groups(sandbox: Sandbox) -> None:
    for account in fleet.MEMBERS:
        for group in account.log_groups.values():
            sandbox.client(account.profile, "logs").create_log_group(logGroupName=group)


def set_up_logging_account(sandbox: Sandbox) -> None:
    console.step(
        "Set up the logging account",
        "The fleet file describes the desired state; `plan` compares it with AWS and changes nothing. The stream, the role"
        " and the logs::Destination come first, because Firehose reads the stream as soon as it is created.",
    )
    console.command("cat catchment.toml")
    console.output(fleet.fleet_file())
    sandbox.run("catchment plan", APPLY_HINT)
    sandbox.run("catchment apply --logging --yes", APPLY_HINT, after=COUNTS)


def deploy(sandbox: Sandbox) -> str:
    """Deploys the logging account's template; returns the name of its bucket."""
    console.step(
        "Deploy the transformer, Firehose and the bucket",
        "infra/logging.yaml with the Lambda binary that `make lambda` built. The names come from the fleet file,"
        " the architecture from the zip."
        " With Schema=ecs, each log event becomes a document of the Elastic Common Schema."
        " Emulator=true leaves out what the emulator lacks: alarms that compute, and saved queries.",
    )
    sandbox.run(f"catchment infra parameters --zip {LAMBDA_ZIP} --output json > parameters.yaml && cat parameters.yaml", DEFECT_HINT)
    sandbox.run(
        f"sam deploy --template-file {ROOT}/infra/logging.yaml --stack-name {STACK} --resolve-s3 \\\n"
        "     --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --profile logging --no-progressbar \\\n"
        "     --parameter-overrides file://parameters.yaml"
        " Schema=ecs Emulator=true",
        "CloudFormation's reason is printed above.",
        quiet=True,
    )
    stacks = sandbox.client("logging", "cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    console.table(sorted(outputs.items()), ("output", "value"))
    return outputs["LogBucket"]


def subscribe(sandbox: Sandbox) -> None:
    console.step(
        "Subscribe the members' log groups",
        "One subscription filter for each log group, through the member's own profile. For each, CloudWatch Logs sends a"
        " CONTROL_MESSAGE to check the stream.",
    )
    sandbox.run("catchment apply --yes", APPLY_HINT, after=COUNTS)
    sandbox.run("catchment plan --exit-code", f"A second plan must be empty; what is left is printed above. {DEFECT_HINT}")


def write_events(sandbox: Sandbox) -> None:
    console.step(
        "Write logs in the member accounts",
        "VPC flow log lines, CloudTrail records and GuardDuty findings, written into the members' log groups with"
        " PutLogEvents.",
    )
    rows = []
    for account in fleet.MEMBERS:
        logs = sandbox.client(account.profile, "logs")
        for source, group in account.log_groups.items():
            stream, messages = events.of(account, source)
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
            now = int(time.time() * 1000)
            logs.put_log_events(
                logGroupName=group,
                logStreamName=stream,
                logEvents=[{"timestamp": now, "message": message} for message in messages],
            )
            rows.append((account.profile, group, stream, len(messages)))
    console.table(rows, ("profile", "log group", "log stream", "events"))


def show(sandbox: Sandbox, bucket: str) -> None:
    console.step(
        "Watch them arrive in S3",
        "Subscription filter, logs::Destination, Kinesis stream, Firehose, transformer, bucket. In AWS this"
        " takes a few minutes, because CloudWatch Logs and Firehose buffer.",
    )
    contents, s3 = BucketContents(), sandbox.client("logging", "s3")
    delivered = sandbox.delivered()
    total = sum(len(message["events"]) for message in delivered["messages"])
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while len(contents.lines) < total and not contents.failed and time.monotonic() < deadline:
        contents.read(s3, bucket)
        console.progress(f"{len(contents.lines)} of {total} events")
        time.sleep(0.2)
    try:
        count = contents.check(delivered)
    except console.Failure:
        console.heading("The end of the transformer's log")
        console.output("\n".join(transformer_log(sandbox)[-LOG_LINES_MAX:]))
        raise
    console.progress_done(f"{count} of {total} events, each once, all originals unchanged; error output empty")
    expect_every_source(contents)

    console.table(
        [
            (account, source, len(keys), sum(len(contents.objects[key]) for key in keys), sum(contents.sizes[key] for key in keys))
            for (account, source), keys in contents.by_partition().items()
        ],
        ("account", "source", "objects", "events", "bytes gzipped"),
    )
    console.heading("One object of each partition, and some fields of its first event")
    for (_, source), keys in contents.by_partition().items():
        first = contents.objects[keys[0]][0]
        console.fields(f"s3://{bucket}/{keys[0]}", {path: value_at(first, path, keys[0]) for path in FIELDS[source]})
        if source == "vpc-flow-logs":
            flow = first
    console.heading("A whole document, with the original inside")
    console.sample(json.dumps(flow, separators=(",", ":"), ensure_ascii=False))
    show_dropped(sandbox, delivered)


def value_at(document: dict, path: str, key: str):
    """What stands at a path of a delivered document."""
    value = document
    for name in path.split("."):
        if name not in value:
            raise console.Failure(f"the first event of {key} has no {path}", DEFECT_HINT)
        value = value[name]
    return value


def verify(sandbox: Sandbox) -> None:
    console.step(
        "Prove every path",
        "`verify` writes a marked test event into each log group, finds it in the stream and in the bucket, and deletes the log"
        " streams that it made.",
    )
    sandbox.run(
        "catchment verify --destination", f"The output above says at which hop a test event ended, and why. {DEFECT_HINT}"
    )


def expect_every_source(contents: BucketContents) -> None:
    expected = {(account.number, source) for account in fleet.MEMBERS for source in account.log_groups}
    found = set(contents.by_partition())
    if found != expected:
        raise console.Failure(
            f"wrong partitions: missing {sorted(expected - found)}, unexpected {sorted(found - expected)}",
            f"The transformer learns the sources from the fleet file, over `catchment infra parameters`. {DEFECT_HINT}",
        )


def show_dropped(sandbox: Sandbox, delivered: dict) -> None:
    """Sums up the log lines that the transformer writes, one for each batch."""
    dropped, failed, ok = Counter(), Counter(), 0
    for text in transformer_log(sandbox):
        if '"batch transformed"' in text:
            line = json.loads(text)
            ok += line["ok"]
            dropped.update(line["dropped"])
            failed.update(line["failed"])
    console.heading("The outcome of every record, from the transformer's log")
    rows = [("Ok", "DATA_MESSAGE with events: delivered", ok)]
    rows += [("Dropped", REASONS.get(reason, reason), count) for reason, count in sorted(dropped.items())]
    rows += [("ProcessingFailed", reason, count) for reason, count in sorted(failed.items())]
    console.table(rows, ("outcome", "reason", "records"))
    expected = {"control-message": len(delivered["control_messages"])}
    if failed or dropped != expected or ok != len(delivered["messages"]):
        raise console.Failure(
            f"expected {len(delivered['messages'])} records Ok, {expected} Dropped and none failed", DEFECT_HINT
        )


def transformer_log(sandbox: Sandbox) -> list[str]:
    pages = sandbox.client("logging", "logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{STACK}-transformer"
    return [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]


if __name__ == "__main__":
    sys.exit(main())
