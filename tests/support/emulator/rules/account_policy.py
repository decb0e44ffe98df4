"""Rules of PutAccountPolicy for subscription filters:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html"""

import json

from ..call import Call, Refusal
from .subscription_filter import check_destination

TYPE = "SUBSCRIPTION_FILTER_POLICY"
OPERATOR = "LogGroupName NOT IN "
SELECTION_BYTES_MAX = 25 * 1024
ATTRIBUTES = {"DestinationArn", "RoleArn", "FilterPattern", "Distribution"}


async def check(call: Call, rules) -> None:
    """Raises the error that AWS would return."""
    name, params = call.params.get("policyName", ""), call.params
    if params.get("policyType") != TYPE or params.get("scope", "ALL") != "ALL" or not name or name.startswith("aws/"):
        raise Refusal("InvalidParameterException", "The policy's name, type or scope is not valid.")
    left_out(params.get("selectionCriteria", ""))
    asked = document(params.get("policyDocument", ""))
    there = rules.resources.account_policy(call.account, call.region)
    if there and there["policyName"] != name:
        # "Each account can have one account-level subscription filter policy per Region"
        raise Refusal("LimitExceededException", "Resource limit exceeded.")
    arn = asked["DestinationArn"]
    if ":destination:" in arn:
        source = f"arn:aws:logs:{call.region}:{call.account}:log-group:*"
        await check_destination(call, arn, asked.get("RoleArn", ""), source, rules)


def document(text: str) -> dict:
    """The attributes of a subscription filter policy; raises `Refusal` for what AWS does not document."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "DestinationArn" not in found or not found.keys() <= ATTRIBUTES:
        raise Refusal("InvalidParameterException", "The policy document is not valid.")
    return found


def left_out(text: str) -> list[str]:
    """The log groups that selection criteria leave out; raises `Refusal` for criteria that AWS does not take."""
    if not text:
        return []
    try:
        names = json.loads(text.removeprefix(OPERATOR))
    except ValueError:
        names = None
    is_long = len(text.encode()) > SELECTION_BYTES_MAX
    if is_long or not text.startswith(OPERATOR) or not isinstance(names, list):
        raise Refusal("InvalidParameterException", "The selection criteria are not valid.")
    return names
