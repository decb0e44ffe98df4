"""The demo's fleet: its accounts, their log groups, and the fleet file."""

from dataclasses import dataclass

REGION = "us-west-2"
STREAM = "Demo_Kinesis_Stream"


@dataclass(frozen=True)
class Account:
    """An account and its log groups, by source."""

    profile: str
    number: str
    log_groups: dict[str, str]
    """Source -> log group."""


LOGGING = Account("logging", "999988887777", {"guardduty": "/aws/events/guardduty-demo"})
DEV1 = Account(
    "dev1",
    "111122223333",
    {
        "vpc-flow-logs": "cwl_vpc_fl_member_account_1",
        "cloudtrail": "CloudTrail/member_account_1",
        "guardduty": "/aws/events/guardduty-dev1",
    },
)
DEV2 = Account(
    "dev2",
    "444455556666",
    {
        "vpc-flow-logs": "cwl_vpc_fl_member_account_2",
        "cloudtrail": "CloudTrail/member_account_2",
        "guardduty": "/aws/events/guardduty-dev2",
    },
)
MEMBERS = (DEV1, DEV2, LOGGING)
"""The logging account is a member too: it has its own log groups."""


def fleet_file() -> str:
    """`catchment.toml`."""
    lines = [
        "[logging]",
        f'profile = "{LOGGING.profile}"',
        f'account = "{LOGGING.number}"',
        f'regions = ["{REGION}"]',
        'destination = "kinesisDest"',
        'role = "cwrole"',
        "",
        "[logging.stream]",
        f'name = "{STREAM}"',
        "shards = 4",
        "retention_hours = 168",
    ]
    for member in MEMBERS:
        lines += ["", "[[members]]", f'profile = "{member.profile}"', f'account = "{member.number}"']
        lines += [f'{source.replace("-", "_")} = ["{group}"]' for source, group in member.log_groups.items()]
    return "\n".join(lines) + "\n"
