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

import by_hand
import events
import fleet
import say
from arrived import Arrived
from botocore.exceptions import BotoCoreError, ClientError
from world import ROOT, World

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
    except say.Failure as failure:
        say.failure(failure)
        return 1
    except (BotoCoreError, ClientError) as error:
        say.failure(say.Failure(f"an AWS call failed: {error}", f"The emulator may have ended early. {DEFECT_HINT}"))
        return 1
    except KeyboardInterrupt:
        say.heading("Stopped; nothing is left running, and nothing is left behind.")
        return 0 if not once else 130
    return 0


def demonstrate(once: bool) -> None:
    say.step(
        "Start AWS on this machine",
        "An emulator of AWS, behind a proxy that enforces the cross-account rules and delivers log events as CloudWatch"
        " Logs does. Three accounts, each a named profile in a folder of the demo's own: your ~/.aws is neither read nor"
        " written.",
    )
    with World() as world:
        say.table(
            [(account.profile, account.number, ", ".join(account.log_groups.values())) for account in fleet.MEMBERS],
            ("profile", "account", "log groups"),
        )
        make_log_groups(world)
        wire(world)
        bucket = deploy(world)
        subscribe(world)
        write_events(world)
        show(world, bucket)
        say.step("Ask for the state of the fleet", "Everything that the fleet file names is read again and compared.")
        world.run("catchment status", "A thing that is not in sync is named above; `catchment plan` says what would mend it.")
        if not once:
            by_hand.offer(world, bucket)
            while True:
                signal.pause()
    say.heading("Everything arrived. Nothing is left running, and nothing is left behind.")


def make_log_groups(world: World) -> None:
    for account in fleet.MEMBERS:
        for group in account.log_groups.values():
            world.client(account.profile, "logs").create_log_group(logGroupName=group)


def wire(world: World) -> None:
    say.step(
        "Set up the logging account",
        "The fleet file says what ought to be; `plan` compares it with what is, and changes nothing. The stream, the"
        " role and the logs::Destination come first: Firehose reads from the moment that it is made.",
    )
    say.command("cat catchment.toml")
    say.output(fleet.fleet_file())
    world.run("catchment plan", APPLY_HINT)
    world.run("catchment apply --logging --yes", APPLY_HINT, after=COUNTS)


def deploy(world: World) -> str:
    """Deploys the logging account's template; the name of its bucket."""
    say.step(
        "Deploy the transformer, Firehose and the bucket",
        "infra/logging.yaml with the Lambda binary that `make lambda` built. The names come from the fleet file."
        " Emulator=true leaves out what the emulator lacks: alarms that compute, and saved queries.",
    )
    world.run("catchment infra parameters --output json > parameters.yaml && cat parameters.yaml", DEFECT_HINT)
    world.run(
        f"sam deploy --template-file {ROOT}/infra/logging.yaml --stack-name {STACK} --resolve-s3 \\\n"
        "     --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --profile logging --no-progressbar \\\n"
        "     --parameter-overrides file://parameters.yaml"
        f" Architecture={world.architecture()} Emulator=true",
        "CloudFormation's reason stands above.",
        quiet=True,
    )
    stacks = world.client("logging", "cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    say.table(sorted(outputs.items()), ("output", "value"))
    return outputs["LogBucket"]


def subscribe(world: World) -> None:
    say.step(
        "Subscribe the members' log groups",
        "One subscription filter for each log group, through the member's own profile. At each, CloudWatch Logs sends a"
        " CONTROL_MESSAGE to try the way.",
    )
    world.run("catchment apply --yes", APPLY_HINT, after=COUNTS)
    world.run("catchment plan --exit-code", f"A second plan has to be empty; what is left stands above. {DEFECT_HINT}")


def write_events(world: World) -> None:
    say.step(
        "Let things happen in the members' accounts",
        "VPC flow log lines, CloudTrail records and GuardDuty findings, written into the members' log groups with the"
        " plain AWS API (PutLogEvents).",
    )
    rows = []
    for account in fleet.MEMBERS:
        logs = world.client(account.profile, "logs")
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
    say.table(rows, ("profile", "log group", "log stream", "events"))


def show(world: World, bucket: str) -> None:
    say.step(
        "Watch them arrive in S3",
        "Subscription filter, logs::Destination, Kinesis stream, Firehose, transformer, bucket. Here at once; in AWS"
        " within a few minutes, as CloudWatch Logs and Firehose gather before they deliver.",
    )
    arrived, s3 = Arrived(), world.client("logging", "s3")
    delivered = world.delivered()
    total = sum(len(message["events"]) for message in delivered["messages"])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(arrived.lines) < total and not arrived.failed and time.monotonic() < deadline:
        arrived.read(s3, bucket)
        say.progress(f"{len(arrived.lines)} of {total} events")
        time.sleep(0.2)
    try:
        count = arrived.check(delivered)
    except say.Failure:
        say.heading("The transformer's last words")
        say.output("\n".join(transformer_log(world)[-LAST_WORDS:]))
        raise
    say.progress_done(f"{count} of {total} events, each once, no message changed; error output: empty")
    expect_every_source(arrived)

    say.table(
        [
            (account, source, len(keys), sum(len(arrived.objects[key]) for key in keys), sum(arrived.sizes[key] for key in keys))
            for (account, source), keys in arrived.by_partition().items()
        ],
        ("account", "source", "objects", "events", "bytes gzipped"),
    )
    say.heading("One object of each, and its first event")
    for keys in arrived.by_partition().values():
        say.sample(f"s3://{bucket}/{keys[0]}", json.dumps(arrived.objects[keys[0]][0], separators=(",", ":"), ensure_ascii=False))
    show_dropped(world, delivered)


def expect_every_source(arrived: Arrived) -> None:
    expected = {(account.number, source) for account in fleet.MEMBERS for source in account.log_groups}
    came = set(arrived.by_partition())
    if came != expected:
        raise say.Failure(
            f"partitions differ: not there {sorted(expected - came)}, not expected {sorted(came - expected)}",
            f"The fleet file says which log group carries what, and `catchment infra parameters` tells it the transformer. {DEFECT_HINT}",
        )


def show_dropped(world: World, delivered: dict) -> None:
    """What the transformer says of itself, in the log line that it writes for each batch."""
    dropped, failed, ok = Counter(), Counter(), 0
    for text in transformer_log(world):
        if '"batch transformed"' in text:
            line = json.loads(text)
            ok += line["ok"]
            dropped.update(line["dropped"])
            failed.update(line["failed"])
    say.heading("What became of every record, as the transformer logs it, and why")
    rows = [("Ok", "DATA_MESSAGE with events: delivered", ok)]
    rows += [("Dropped", REASONS.get(reason, reason), count) for reason, count in sorted(dropped.items())]
    rows += [("ProcessingFailed", reason, count) for reason, count in sorted(failed.items())]
    say.table(rows, ("outcome", "why", "records"))
    expected = {"control-message": len(delivered["control_messages"])}
    if failed or dropped != expected or ok != len(delivered["messages"]):
        raise say.Failure(
            f"{len(delivered['messages'])} records Ok, {expected} Dropped and none failed was what was to come", DEFECT_HINT
        )


def transformer_log(world: World) -> list[str]:
    pages = world.client("logging", "logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{STACK}-transformer"
    return [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]


if __name__ == "__main__":
    sys.exit(main())
