"""Rules of PutDestination and PutDestinationPolicy: the role, the stream, and the principals of the policy."""

from ..call import Call, Refusal
from . import document

POLICY_BYTES_MAX = 5120
NOT_DELIVERED = Refusal(
    "InvalidParameterException",
    "Could not deliver test message to specified destination. Check if the destination is valid.",
)
NOT_ASSUMED = Refusal(
    "ValidationException", "Make sure you have given CloudWatch Logs permission to assume the provided role."
)


async def check(call: Call, rules) -> None:
    """Checks what PutDestination's test message would run into."""
    if rules.settings.destination_tags and call.params.get("tags"):
        raise NOT_DELIVERED
    if rules.settings.destination_role:
        name = call.params.get("destinationName", "")
        source = f"arn:aws:logs:{call.region}:{call.account}:destination:{name}"
        await check_delivery(call.params.get("roleArn", ""), call.params.get("targetArn", ""), source, rules)


async def check_delivery(role_arn: str, stream_arn: str, source_arn: str, rules) -> None:
    """Raises unless CloudWatch Logs, on behalf of `source_arn`, can put a record into the stream through the role."""
    await check_assumable(role_arn, source_arn, rules)
    _, policies = await rules.resources.role(role_arn)
    granted = [statement for policy in policies for statement in document.statements(policy)]
    stream = await rules.resources.stream(stream_arn)
    if (
        stream is None
        or rules.delays.status(stream_arn, stream["StreamStatus"]) == "CREATING"
        or rules.delays.are_permissions_new(role_arn)
        or not document.permits(granted, "kinesis:PutRecord", stream_arn, {})
        or not _may_encrypt(granted, stream)
    ):
        raise NOT_DELIVERED


async def check_assumable(role_arn: str, source_arn: str, rules) -> None:
    """Raises unless CloudWatch Logs may assume the role on behalf of `source_arn`."""
    role = await rules.resources.role(role_arn) if role_arn.startswith("arn:aws:iam::") else None
    if role is None or rules.delays.is_role_new(role_arn):
        raise NOT_ASSUMED
    _, _, _, region, account, _ = source_arn.split(":", 5)
    service = {"logs.amazonaws.com", f"logs.{region}.amazonaws.com"}
    context = {"aws:SourceArn": source_arn, "aws:SourceAccount": account}
    trusts = document.permits(
        document.statements(role[0]),
        "sts:AssumeRole",
        None,
        context,
        named=lambda statement: service.intersection(document.principals(statement, "Service")),
    )
    if not trusts:
        raise NOT_ASSUMED


def _may_encrypt(granted: list[dict], stream: dict) -> bool:
    """A customer key needs kms:GenerateDataKey; for an alias, whose key's ARN is unknown, on any key."""
    key = stream.get("KeyId") or ""
    if stream.get("EncryptionType") != "KMS" or key.endswith("alias/aws/kinesis"):
        return True
    resource = key if ":key/" in key else None
    return document.permits(granted, "kms:GenerateDataKey", resource, {})


async def check_policy(call: Call, rules) -> None:
    """Checks the document as PutDestinationPolicy does."""
    if not rules.settings.destination_policy:
        return
    policy = call.params.get("accessPolicy", "")
    if len(policy.encode()) > POLICY_BYTES_MAX:
        raise Refusal("InvalidParameterException", f"The access policy exceeds {POLICY_BYTES_MAX} bytes.")
    try:
        found = document.statements(policy)
    except ValueError:
        raise Refusal("InvalidParameterException", "The access policy is not a valid policy document.") from None
    named = [name for statement in found for name in document.principals(statement, "AWS")]
    if any(name.startswith("arn:") for name in named):
        raise Refusal("InvalidParameterException", "Principal section of policy contains ARN instead of account ID")
    await _check_switch(call, found, rules)


async def _check_switch(call: Call, found: list[dict], rules) -> None:
    """Whoever lets an organisation subscribe in the place of accounts has to affirm that their filters have roles:
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestinationPolicy.html. AWS does not say what it
    answers if not; this refuses."""
    name = call.params.get("destinationName", "")
    arn = f"arn:aws:logs:{call.region}:{call.account}:destination:{name}"
    destination = await rules.resources.destination(arn) or {}
    before = destination.get("accessPolicy")
    is_switch = before and not _names_everybody(document.statements(before)) and _names_everybody(found)
    if is_switch and not call.params.get("forceUpdate"):
        raise Refusal("InvalidParameterException", "Set forceUpdate to grant permission to an organization.")


def _names_everybody(found: list[dict]) -> bool:
    return any("*" in document.principals(statement, "AWS") for statement in found)
