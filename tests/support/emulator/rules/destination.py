"""PutDestination and PutDestinationPolicy: the role, the stream behind it, and who may be named in the policy."""

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
    """What PutDestination's test message would meet."""
    if rules.settings.destination_tags and call.params.get("tags"):
        raise NOT_DELIVERED
    if rules.settings.destination_role:
        name = call.params.get("destinationName", "")
        source = f"arn:aws:logs:{call.region}:{call.account}:destination:{name}"
        await check_delivery(call.params.get("roleArn", ""), call.params.get("targetArn", ""), source, rules)


async def check_delivery(role_arn: str, stream_arn: str, source_arn: str, rules) -> None:
    """Whether CloudWatch Logs, on behalf of `source_arn`, could put a record on the stream through the role."""
    await check_assumable(role_arn, source_arn, rules)
    _, policies = await rules.world.role(role_arn)
    granted = [statement for policy in policies for statement in document.statements(policy)]
    stream = await rules.world.stream(stream_arn)
    if (
        stream is None
        or rules.settling.status(stream_arn, stream["StreamStatus"]) == "CREATING"
        or rules.settling.permissions_settle(role_arn)
        or not document.permits(granted, "kinesis:PutRecord", stream_arn, {})
        or not _may_encrypt(granted, stream)
    ):
        raise NOT_DELIVERED


async def check_assumable(role_arn: str, source_arn: str, rules) -> None:
    """Whether CloudWatch Logs may assume the role on behalf of `source_arn`."""
    role = await rules.world.role(role_arn) if role_arn.startswith("arn:aws:iam::") else None
    if role is None or rules.settling.role_settles(role_arn):
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
    """A customer key needs kms:GenerateDataKey; an alias cannot be matched with a key's ARN, so any key will do."""
    key = stream.get("KeyId") or ""
    if stream.get("EncryptionType") != "KMS" or key.endswith("alias/aws/kinesis"):
        return True
    resource = key if ":key/" in key else None
    return document.permits(granted, "kms:GenerateDataKey", resource, {})


async def check_policy(call: Call, rules) -> None:
    """What PutDestinationPolicy refuses in the document itself."""
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
