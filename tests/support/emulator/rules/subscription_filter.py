"""Rules of PutSubscriptionFilter: the quota, the destination policy, and access to the stream."""

from ..call import Call, Refusal
from . import document
from .account import check_log_group_name
from .destination import NOT_ASSUMED, NOT_DELIVERED, check_assumable, check_delivery


async def check(call: Call, rules) -> None:
    """Raises the error that AWS would return."""
    await check_log_group_name(call, rules)
    await _check_cap(call, rules)
    arn = call.params.get("destinationArn", "")
    if ":destination:" in arn:
        await _check_destination(call, arn, rules)


async def _check_cap(call: Call, rules) -> None:
    existing = await rules.resources.filters(call.account, call.region, call.params.get("logGroupName", ""))
    others = [one for one in existing if one["filterName"] != call.params.get("filterName")]
    if 0 < rules.settings.filters_max <= len(others):
        raise Refusal("LimitExceededException", "Resource limit exceeded.")


async def _check_destination(call: Call, arn: str, rules) -> None:
    destination = await rules.resources.destination(arn)
    # a destination only takes log groups of its Region
    if destination is None or arn.split(":")[3] != call.region:
        raise NOT_DELIVERED
    if rules.settings.destination_policy:
        await _check_policy(call, destination, rules)
    if rules.settings.destination_role:
        try:
            await check_delivery(destination["roleArn"], destination["targetArn"], log_group_arn(call), rules)
        except Refusal:
            # the destination owner's role failed; AWS tells the member no more than this
            raise NOT_DELIVERED from None


async def _check_policy(call: Call, destination: dict, rules) -> None:
    arn = destination["arn"]
    policy = destination.get("accessPolicy")
    found = document.statements(policy) if policy else []
    action = "logs:PutSubscriptionFilter"

    def names_account(statement: dict) -> bool:
        return call.account in document.principals(statement, "AWS")

    if document.permits(found, action, arn, {}, names_account):
        return
    context = {document.ORGANISATION_KEY: rules.settings.organisation}
    if not document.permits(found, action, arn, context, lambda one: "*" in document.principals(one, "AWS")):
        raise Refusal(
            "AccessDeniedException",
            f"User with accountId: {call.account} is not authorized to perform: {action} on resource: {arn}",
        )
    if not call.params.get("roleArn"):
        raise Refusal(
            "InvalidParameterException",
            "Role ARN is required when creating subscription filter against destination with "
            "Organization access policy.",
        )
    await check_assumable(call.params["roleArn"], log_group_arn(call), rules)
    _, policies = await rules.resources.role(call.params["roleArn"])
    granted = [statement for one in policies for statement in document.statements(one)]
    if not document.permits(granted, "logs:PutLogEvents", log_group_arn(call), {}):
        raise NOT_ASSUMED


def log_group_arn(call: Call) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{call.params.get('logGroupName', '')}:*"
