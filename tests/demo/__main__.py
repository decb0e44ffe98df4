"""`make demo`: logs of two member accounts on their way to S3, on this machine, from nothing to the last object.

    python tests/demo [--once]

Without `--once` it stays up until Ctrl-C, to go on by hand.
"""

import argparse
import json
import signal
import sys
import time
from collections import Counter

import next_steps
import events
import fleet
import console
from bucket import BucketContents
from botocore.exceptions import BotoCoreError, ClientError
from sandbox import ROOT, Sandbox

STACK = "catchment"
PATIENCE_SECONDS = 60
LAST_WORDS = 8
REASONS = {"control-message": "CONTROL_MESSAGE: CloudWatch Logs tried the way to the stream, one for each filter"}
# the line between the plan, which `catchment plan` has shown already, and what `apply` makes of it
COUNTS = " to create, "
DEFECT_HINT = "That is a defect: please report it with this output."
APPLY_HINT = "What it printed says which account failed and why. The emulator is new each time: run `make demo` again."


def main() -> int:
    arguments = argparse.ArgumentParser(prog="make demo", description=__doc__.partition("\n")[0])
    arguments.add_argument("--once", action="store_true", help="end when all has arrived (make demo ARGS=--once)")
    once = arguments.parse_args().once
    # a polite end (kill, a closed terminal) takes down what Ctrl-C takes down
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit(1))
    try:
        demonstrate(once)
    except console.Failure as failure:
        console.failure(failure)
        return 1
    except (BotoCoreError, ClientError) as error:
        console.failure(console.Failure(f"an AWS call failed: {error}", f"The emulator may have ended early. {DEFECT_HINT}"))
        return 1
    except KeyboardInterrupt:
        console.heading("Stopped; nothing is left running, and nothing is left behind.")
        return 0 if not once else 130
    return 0


def demonstrate(once: bool) -> None:
    console.step(
        "Start AWS on this machine",
        "An emulator of AWS, behind a proxy that enforces the cross-account rules and delivers log events as CloudWatch"
        " Logs does. Three accounts, each a named profile in a folder of the demo's own: your ~/.aws is neither read nor"
        " written.",
    )
    with Sandbox() as sandbox:
        console.table(
            [(account.profile, account.number, ", ".join(account.log_groups.values())) for account in fleet.MEMBERS],
            ("profile", "account", "log groups"),
        )
        make_log_groups(sandbox)
        wire(sandbox)
        bucket = deploy(sandbox)
        subscribe(sandbox)
        write_events(sandbox)
        show(sandbox, bucket)
        console.step("Ask for the state of the fleet", "Everything that the fleet file names is read again and compared.")
        sandbox.run("catchment status", "A thing that is not in sync is named above; `catchment plan` says what would mend it.")
        if not once:
            next_steps.offer(sandbox, bucket)
            while True:
                signal.pause()
    console.heading("Everything arrived. Nothing is left running, and nothing is left behind.")


def make_log_groups(sandbox: Sandbox) -> None:
    for account in fleet.MEMBERS:
        for group in account.log_groups.values():
            sandbox.client(account.profile, "logs").create_log_group(logGroupName=group)


def wire(sandbox: Sandbox) -> None:
    console.step(
        "Set up the logging account",
        "The fleet file says what ought to be; `plan` compares it with what is, and changes nothing. The stream, the"
        " role and the logs::Destination come first: Firehose reads from the moment that it is made.",
    )
    console.command("cat catchment.toml")
    console.output(fleet.fleet_file())
    sandbox.run("catchment plan", APPLY_HINT)
    sandbox.run("catchment apply --logging --yes", APPLY_HINT, after=COUNTS)


def deploy(sandbox: Sandbox) -> str:
    """Deploys the logging account's template; the name of its bucket."""
    console.step(
        "Deploy the transformer, Firehose and the bucket",
        "infra/logging.yaml with the Lambda binary that `make lambda` built. The names come from the fleet file."
        " FilterAlarms=false, because the emulator lacks the queries behind these alarms.",
    )
    sandbox.run("catchment infra parameters --output json > parameters.yaml && cat parameters.yaml", DEFECT_HINT)
    sandbox.run(
        f"sam deploy --template-file {ROOT}/infra/logging.yaml --stack-name {STACK} --resolve-s3 \\\n"
        "     --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --profile logging --no-progressbar \\\n"
        "     --parameter-overrides file://parameters.yaml"
        f" Architecture={sandbox.architecture()} FilterAlarms=false",
        "CloudFormation's reason stands above.",
        quiet=True,
    )
    stacks = sandbox.client("logging", "cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    console.table(sorted(outputs.items()), ("output", "value"))
    return outputs["LogBucket"]


def subscribe(sandbox: Sandbox) -> None:
    console.step(
        "Subscribe the members' log groups",
        "One subscription filter for each log group, through the member's own profile. At each, CloudWatch Logs sends a"
        " CONTROL_MESSAGE to try the way.",
    )
    sandbox.run("catchment apply --yes", APPLY_HINT, after=COUNTS)
    sandbox.run("catchment plan --exit-code", f"A second plan has to be empty; what is left stands above. {DEFECT_HINT}")


def write_events(sandbox: Sandbox) -> None:
    console.step(
        "Let things happen in the members' accounts",
        "VPC flow log lines, CloudTrail records and GuardDuty findings, written into the members' log groups with the"
        " plain AWS API (PutLogEvents).",
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
        "Subscription filter, logs::Destination, Kinesis stream, Firehose, transformer, bucket. Here at once; in AWS"
        " within a few minutes, as CloudWatch Logs and Firehose gather before they deliver.",
    )
    contents, s3 = BucketContents(), sandbox.client("logging", "s3")
    delivered = sandbox.delivered()
    total = sum(len(message["events"]) for message in delivered["messages"])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(contents.lines) < total and not contents.failed and time.monotonic() < deadline:
        contents.read(s3, bucket)
        console.progress(f"{len(contents.lines)} of {total} events")
        time.sleep(0.2)
    try:
        count = contents.check(delivered)
    except console.Failure:
        console.heading("The transformer's last words")
        console.output("\n".join(transformer_log(sandbox)[-LAST_WORDS:]))
        raise
    console.progress_done(f"{count} of {total} events, each once, no message changed; error output: empty")
    expect_every_source(contents)

    console.table(
        [
            (account, source, len(keys), sum(len(contents.objects[key]) for key in keys), sum(contents.sizes[key] for key in keys))
            for (account, source), keys in contents.by_partition().items()
        ],
        ("account", "source", "objects", "events", "bytes gzipped"),
    )
    console.heading("One object of each, and its first event")
    for keys in contents.by_partition().values():
        console.sample(f"s3://{bucket}/{keys[0]}", json.dumps(contents.objects[keys[0]][0], separators=(",", ":"), ensure_ascii=False))
    show_dropped(sandbox, delivered)


def expect_every_source(contents: BucketContents) -> None:
    expected = {(account.number, source) for account in fleet.MEMBERS for source in account.log_groups}
    came = set(contents.by_partition())
    if came != expected:
        raise console.Failure(
            f"partitions differ: not there {sorted(expected - came)}, not expected {sorted(came - expected)}",
            f"The fleet file says which log group carries what, and `catchment infra parameters` tells it the transformer. {DEFECT_HINT}",
        )


def show_dropped(sandbox: Sandbox, delivered: dict) -> None:
    """What the transformer says of itself, in the log line that it writes for each batch."""
    dropped, failed, ok = Counter(), Counter(), 0
    for text in transformer_log(sandbox):
        if '"batch transformed"' in text:
            line = json.loads(text)
            ok += line["ok"]
            dropped.update(line["dropped"])
            failed.update(line["failed"])
    console.heading("What became of every record, as the transformer logs it, and why")
    rows = [("Ok", "DATA_MESSAGE with events: delivered", ok)]
    rows += [("Dropped", REASONS.get(reason, reason), count) for reason, count in sorted(dropped.items())]
    rows += [("ProcessingFailed", reason, count) for reason, count in sorted(failed.items())]
    console.table(rows, ("outcome", "why", "records"))
    expected = {"control-message": len(delivered["control_messages"])}
    if failed or dropped != expected or ok != len(delivered["messages"]):
        raise console.Failure(
            f"{len(delivered['messages'])} records Ok, {expected} Dropped and none failed was what was to come", DEFECT_HINT
        )


def transformer_log(sandbox: Sandbox) -> list[str]:
    pages = sandbox.client("logging", "logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{STACK}-transformer"
    return [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]


if __name__ == "__main__":
    sys.exit(main())
