"""Reads the resources in ministack that the rules check."""

from urllib.parse import unquote
from xml.etree import ElementTree

from ..call import Call, Refusal
from ..upstream import Upstream


class Resources:
    """Reads each resource as its owner."""

    def __init__(self, upstream: Upstream):
        self._upstream = upstream
        self._kept, self._version = {}, 0
        self._system_fields = {}
        self._account_policies = {}

    def forget(self) -> None:
        """Has everything read anew: something was, or is about to be, written."""
        self._version += 1
        self._kept.clear()

    async def _keep(self, read, arn: str):
        """What `read` returns, read once until the next write: thousands of filters share a destination."""
        key, version = (read.__name__, arn), self._version
        if key not in self._kept:
            found = await read(arn)
            if version != self._version:
                return found
            self._kept[key] = found
        return self._kept[key]

    async def destination(self, arn: str) -> dict | None:
        """The `logs::Destination` of this ARN, as DescribeDestinations shows it."""
        return await self._keep(self._destination, arn)

    async def stream(self, arn: str) -> dict | None:
        """The Kinesis stream of this ARN, as DescribeStreamSummary shows it."""
        return await self._keep(self._stream, arn)

    async def role(self, arn: str) -> tuple[str, list[str]] | None:
        """A role's trust policy and its inline policies."""
        return await self._keep(self._role, arn)

    async def _destination(self, arn: str) -> dict | None:
        region, account, name = _parts(arn, "destination:")
        found = await self._upstream.json(
            account, region, "logs", "DescribeDestinations", {"DestinationNamePrefix": name}
        )
        return next((one for one in found["destinations"] if one["arn"] == arn), None)

    async def filters(self, account: str, region: str, log_group: str) -> list[dict]:
        """The subscription filters of a log group; none if the group does not exist."""
        try:
            found = await self._upstream.json(
                account, region, "logs", "DescribeSubscriptionFilters", {"logGroupName": log_group}
            )
        except Refusal:
            return []
        return self.completed(account, region, found["subscriptionFilters"])

    def note_filter(self, call: Call) -> None:
        """Keeps the system fields that a filter emits, which ministack forgets."""
        place = (call.account, call.region, call.params["logGroupName"], call.params["filterName"])
        self._system_fields[place] = call.params.get("emitSystemFields", [])

    def account_policy(self, account: str, region: str) -> dict | None:
        """The account-level subscription filter policy of an account in a Region, as DescribeAccountPolicies shows it."""
        return self._account_policies.get((account, region))

    def put_account_policy(self, call: Call) -> dict:
        """Keeps a policy, of which ministack knows nothing."""
        keys = ("policyName", "policyType", "policyDocument", "selectionCriteria")
        kept = {key: call.params[key] for key in keys if key in call.params}
        policy = {**kept, "scope": "ALL", "accountId": call.account}
        self._account_policies[call.account, call.region] = policy
        return policy

    def delete_account_policy(self, call: Call) -> None:
        """Deletes a policy; raises `Refusal` if there is none of this name."""
        there = self.account_policy(call.account, call.region)
        if there is None or there["policyName"] != call.params.get("policyName"):
            raise Refusal("ResourceNotFoundException", "The specified policy does not exist.")
        del self._account_policies[call.account, call.region]

    def completed(self, account: str, region: str, filters: list[dict]) -> list[dict]:
        """The filters with their system fields."""
        for one in filters:
            if found := self._system_fields.get((account, region, one["logGroupName"], one["filterName"])):
                one["emitSystemFields"] = found
        return filters

    async def _stream(self, arn: str) -> dict | None:
        region, account, name = _parts(arn, "stream/")
        try:
            found = await self._upstream.json(account, region, "kinesis", "DescribeStreamSummary", {"StreamName": name})
        except Refusal:
            return None
        return found["StreamDescriptionSummary"]

    async def _role(self, arn: str) -> tuple[str, list[str]] | None:
        account, name = arn.split(":")[4], arn.rpartition("/")[2]
        found = await self._iam(account, "GetRole", {"RoleName": name})
        if found is None:
            return None
        [trust] = texts(found, "AssumeRolePolicyDocument")
        policies = []
        names = await self._iam(account, "ListRolePolicies", {"RoleName": name})
        for policy in texts(names, "member"):
            document = await self._iam(account, "GetRolePolicy", {"RoleName": name, "PolicyName": policy})
            policies += texts(document, "PolicyDocument")
        return unquote(trust), [unquote(policy) for policy in policies]

    async def _iam(self, account: str, operation: str, params: dict) -> ElementTree.Element | None:
        status, answer = await self._upstream.query(account, "us-east-1", "iam", operation, params)
        return ElementTree.fromstring(answer) if status < 300 else None


def _parts(arn: str, kind: str) -> tuple[str, str, str]:
    _, _, _, region, account, resource = arn.split(":", 5)
    return region, account, resource.removeprefix(kind)


def texts(element: ElementTree.Element | str | None, name: str) -> list[str]:
    """The texts of all elements of one name in an IAM response, in any namespace."""
    if isinstance(element, str):
        element = ElementTree.fromstring(element)
    if element is None:
        return []
    return [found.text or "" for found in element.iter() if found.tag.rpartition("}")[2] == name]
