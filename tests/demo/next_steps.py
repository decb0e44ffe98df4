"""Commands to paste into another terminal while the demo's emulator runs."""

import console
import fleet
from sandbox import BIN, CATCHMENT, Sandbox


def commands(sandbox: Sandbox, bucket: str) -> list[tuple[str, list[str]]]:
    """Groups of commands, each with what it is for."""
    group, stream = fleet.DEV1.log_groups["vpc-flow-logs"], "eni-0123456789abcdef0-all"
    exports = [f"export {name}={value}" for name, value in sandbox.aws_variables.items()]
    return [
        (
            "Use the emulator, and nothing else",
            [f"cd {sandbox.folder}", *exports, f"export PATH={CATCHMENT.parent}:{BIN}:$PATH"],
        ),
        (
            "Write a log event in a member account",
            [
                f"aws --profile dev1 logs create-log-stream --log-group-name {group} --log-stream-name {stream}",
                f"aws --profile dev1 logs put-log-events --log-group-name {group} --log-stream-name {stream}"
                " --log-events timestamp=$(date +%s000),message='2 111122223333 eni-0123456789abcdef0 10.0.0.1 10.0.0.2"
                " 50000 443 6 10 840 1790000000 1790000060 ACCEPT OK'",
            ],
        ),
        (
            "Find it in the bucket",
            [
                f"aws --profile logging s3 ls --recursive s3://{bucket}/logs/",
                f"aws --profile logging s3 cp --quiet --recursive s3://{bucket}/logs/ logs/",
                "find logs -name '*.gz' | xargs zcat | grep eni-0123456789abcdef0",
            ],
        ),
        (
            "Break something, see it in the status, repair it, prove that it works again",
            [
                f"aws --profile dev1 logs delete-subscription-filter --log-group-name {group} --filter-name catchment-kinesisDest",
                "catchment status",
                "catchment apply --yes",
                "catchment verify --destination",
            ],
        ),
        ("Take down what catchment set up", ["catchment destroy --yes"]),
    ]


def show(sandbox: Sandbox, bucket: str) -> None:
    """Prints the commands."""
    console.step(
        "Try it yourself",
        f"The emulator runs until Ctrl-C, at {sandbox.endpoint}. The profiles are {', '.join(a.profile for a in fleet.MEMBERS)}."
        " Paste into another terminal:",
    )
    for what, lines in commands(sandbox, bucket):
        console.paste([f"# {what}", *lines])
    console.heading("Waiting. Ctrl-C stops everything.")
