"""Sample log events of each source, as AWS writes them, dated now."""

import datetime
import json
import random
import time
import uuid

from fleet import REGION, Account

FLOWS = 50
CALLS = (
    # eventSource, eventName, readOnly
    ("ec2.amazonaws.com", "DescribeInstances", True),
    ("s3.amazonaws.com", "PutBucketPolicy", False),
    ("iam.amazonaws.com", "CreateAccessKey", False),
    ("kms.amazonaws.com", "Decrypt", True),
    ("sts.amazonaws.com", "AssumeRole", True),
    ("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", False),
    ("logs.amazonaws.com", "PutSubscriptionFilter", False),
    ("cloudtrail.amazonaws.com", "StopLogging", False),
)


def of(account: Account, source: str) -> tuple[str, list[str]]:
    """The name of a log stream, as AWS would name it, and its messages."""
    # seeded by the account, so that runs can be compared
    rng = random.Random(account.number)
    if source == "vpc-flow-logs":
        interface = f"eni-0{rng.getrandbits(64):016x}"
        return f"{interface}-all", _flows(account, interface, rng)
    if source == "cloudtrail":
        return f"{account.number}_CloudTrail_{REGION}", [_call(account, *call, rng) for call in CALLS]
    return str(uuid.uuid4()), [_finding(account, rng)]


def _flows(account: Account, interface: str, rng: random.Random) -> list[str]:
    """Version 2, the default format."""
    end = int(time.time())
    lines = []
    for _ in range(FLOWS - 1):
        port, action = rng.choice([(443, "ACCEPT"), (443, "ACCEPT"), (5432, "ACCEPT"), (22, "REJECT")])
        packets = rng.randrange(1, 200)
        lines.append(
            f"2 {account.number} {interface} 10.0.{rng.randrange(4)}.{rng.randrange(1, 255)} 10.0.9.10"
            f" {rng.randrange(1024, 65536)} {port} 6 {packets} {packets * rng.randrange(40, 1500)}"
            f" {end - 60} {end} {action} OK"
        )
    return [*lines, f"2 {account.number} {interface} - - - - - - - {end - 60} {end} - NODATA"]


def _call(account: Account, source: str, name: str, read_only: bool, rng: random.Random) -> str:
    record = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{account.number}:user/alice",
            "accountId": account.number,
            "userName": "alice",
        },
        "eventTime": _now(),
        "eventSource": source,
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": f"198.51.100.{rng.randrange(1, 255)}",
        "userAgent": 'aws-cli/2.31 md/"demo"',
        "requestParameters": None,
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account.number,
        "eventCategory": "Management",
    }
    return json.dumps(record, separators=(",", ":"))


def _finding(account: Account, rng: random.Random) -> str:
    """A finding as EventBridge delivers it."""
    finding, detector = f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}"
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": account.number,
        "time": _now(),
        "region": REGION,
        "resources": [],
        "detail": {
            "schemaVersion": "2.0",
            "accountId": account.number,
            "region": REGION,
            "partition": "aws",
            "id": finding,
            "arn": f"arn:aws:guardduty:{REGION}:{account.number}:detector/{detector}/finding/{finding}",
            "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
            "resource": {"resourceType": "AccessKey", "accessKeyDetails": {"userName": "alice", "userType": "IAMUser"}},
            "service": {"serviceName": "guardduty", "detectorId": detector, "count": 1, "archived": False},
            "severity": 5,
            "title": "An API was called from an address on a custom threat list.",
        },
    }
    return json.dumps(event, separators=(",", ":"))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
