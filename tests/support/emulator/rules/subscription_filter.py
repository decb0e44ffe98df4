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
        await check_destination(call, arn, call.params.get("roleArn", ""), log_group_arn(call), rules)


async def _check_cap(call: Call, rules) -> None:
    existing = await rules.resources.filters(call.account, call.region, call.params.get("logGroupName", ""))
    others = [one for one in existing if one["filterName"] != call.params.get("filterName")]
    if 0 < rules.settings.filters_max <= len(others):
        raise Refusal("LimitExceededException", "Resource limit exceeded.")


async def check_destination(call: Call, arn: str, role_arn: str, source_arn: str, rules) -> None:
    """Raises unless the events of `source_arn` can be delivered to this `logs::Destination`."""
    destination = await rules.resources.destination(arn)
    # a destination only takes log groups of its Region
    if destination is None or arn.split(":")[3] != call.region:
        raise NOT_DELIVERED
    if rules.settings.destination_policy:
        await check_subscriber(call.account, destination, role_arn, source_arn, rules)
    if rules.settings.destination_role:
        try:
            await check_delivery(destination["roleArn"], destination["targetArn"], source_arn, rules)
        except Refusal:
            # the destination owner's role failed; AWS tells the member no more than this
            raise NOT_DELIVERED from None


async def check_subscriber(account: str, destination: dict, role_arn: str, source_arn: str, rules) -> None:
    """Raises unless the destination policy lets the account send the events of `source_arn`, a log group.

    If it names the organisation, a role in the sender's own account must let them be sent:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CreateSubscriptionFilter-IAMrole.html. Without one a filter may stop
    working: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestinationPolicy.html (forceUpdate)."""
    arn = destination["arn"]
    policy = destination.get("accessPolicy")
    found = document.statements(policy) if policy else []
    action = "logs:PutSubscriptionFilter"

    def names_account(statement: dict) -> bool:
        return account in document.principals(statement, "AWS")

    if not document.permits(found, action, arn, {}, names_account):
        is_member = account not in rules.settings.outside
        context = {document.ORGANISATION_KEY: rules.settings.organisation} if is_member else {}
        if not document.permits(found, action, arn, context, lambda one: "*" in document.principals(one, "AWS")):
            raise Refusal(
                "AccessDeniedException",
                f"User with accountId: {account} is not authorized to perform: {action} on resource: {arn}",
            )
        if not role_arn:
            raise Refusal(
                "InvalidParameterException",
                "Role ARN is required when creating subscription filter against destination with "
                "Organization access policy.",
            )
    if role_arn:
        await _check_role(account, role_arn, source_arn, rules)


async def _check_role(account: str, role_arn: str, source_arn: str, rules) -> None:
    if role_arn.split(":")[4] != account:
        raise NOT_ASSUMED
    await check_assumable(role_arn, source_arn, rules)
    _, policies = await rules.resources.role(role_arn)
    granted = [statement for one in policies for statement in document.statements(one)]
    if not document.permits(granted, "logs:PutLogEvents", source_arn, {}):
        raise NOT_ASSUMED


def log_group_arn(call: Call) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{call.params.get('logGroupName', '')}:*"
