"""Fills gaps in ministack: tags of destinations, tags and modes of streams, system fields of filters, permissions on a
destination, tests of filter patterns, CloudWatch's counts, and the lists of an organization.

For calls about a destination, ministack's AUTH checks identity policies against the resource `*`, and for those about a log stream
against its log group; this checks the ARN that
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html names.
"""

import json
from urllib.parse import unquote

from .call import Call, Refusal
from .metrics import Metrics
from .organization import Organization
from .patterns import matches
from .rules import account_policy, document
from .rules.resources import Resources, texts
from .upstream import Upstream

TAG_CALLS = {"TagResource", "UntagResource", "ListTagsForResource"}
# those for which IAM knows the condition key iam:PermissionsBoundary
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html)
BOUNDED_CALLS = {"CreateRole", "PutRolePolicy", "DeleteRolePolicy", "PutRolePermissionsBoundary"}
DESTINATION_CALLS = {"PutDestination", "PutDestinationPolicy", "DeleteDestination"}
NUMBERS = {"IntervalInSeconds", "SizeInMBs", "DurationInSeconds"}
LOG_STREAM_CALLS = {"PutLogEvents", "DeleteLogStream"}
# each needs the permission for filters, too:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html and those of the other two
ACCOUNT_POLICY_CALLS = {
    "PutAccountPolicy": "logs:PutSubscriptionFilter",
    "DescribeAccountPolicies": "logs:DescribeSubscriptionFilters",
    "DeleteAccountPolicy": "logs:DeleteSubscriptionFilter",
}


class Gaps:
    """Answers, or completes, the calls that ministack does not know or only half carries out."""

    def __init__(self, upstream: Upstream, resources: Resources, metrics: Metrics):
        self._upstream, self._resources, self._metrics = upstream, resources, metrics
        self._destination_tags = {}
        self._on_demand = set()
        self._assumed = {}
        self.organization = Organization({})

    async def answer(self, call: Call) -> dict | None:
        """Answers a call that ministack does not know; returns None for the others. Raises `Refusal`."""
        arn = call.params.get("resourceArn", "")
        if call.service == "organizations":
            self.organization.check(call)
            await self._check_permission(call, self.organization.arn(call))
            return self.organization.answer(call)
        if call.service == "logs" and call.operation in TAG_CALLS and ":destination:" in arn:
            return await self._tags(call, arn)
        if call.service == "logs" and call.operation in DESTINATION_CALLS and not _is_account_key(call):
            await self._check_permission(call, _destination_arn(call))
            if call.operation == "PutDestination":
                await self._check_permission(call, call.params.get("roleArn", ""), "iam:PassRole")
            before = await self.before(call)
            answer = await self._upstream.json(call.account, call.region, "logs", call.operation, call.params)
            await self.after(call, before, b"")
            return answer
        if call.service == "logs" and call.operation in LOG_STREAM_CALLS and not _is_account_key(call):
            await self._check_permission(call, _log_stream_arn(call))
            return await self._upstream.json(call.account, call.region, "logs", call.operation, call.params)
        if (call.service, call.operation) == ("logs", "TestMetricFilter"):
            await self._check_permission(call, "*")
            return _tested(call.params)
        if (call.service, call.operation) == ("monitoring", "GetMetricData"):
            await self._check_permission(call, "*", "cloudwatch:GetMetricData")
            return self._metrics.answer(call)
        if call.service == "logs" and call.operation in ACCOUNT_POLICY_CALLS:
            return await self._account_policy(call)
        if call.operation == "PutSubscriptionFilter":
            await self._check_subscriber(call, call.params.get("destinationArn", ""), call.params.get("roleArn"))
        if (call.service, call.operation) == ("kinesis", "UpdateStreamMode"):
            await self._check_permission(call, call.params["StreamARN"])
            return self._set_mode(call)
        return None

    async def bounded(self, call: Call) -> tuple[int, dict, bytes] | None:
        """Carries out a call that a permissions boundary may be asked of; ministack's AUTH does not know the key. None for others."""
        if call.service != "iam" or call.operation not in BOUNDED_CALLS or _is_account_key(call):
            return None
        name = call.params.get("RoleName", "")
        _, found = await self._upstream.query(call.account, "us-east-1", "iam", "GetRole", {"RoleName": name})
        boundary = call.params.get("PermissionsBoundary") or next(iter(texts(found, "PermissionsBoundaryArn")), "")
        context = {"iam:PermissionsBoundary": boundary} if boundary else {}
        await self._check_permission(call, f"arn:aws:iam::{call.account}:role/{name}", context=context)
        status, answer = await self._upstream.query(call.account, "us-east-1", "iam", call.operation, call.params)
        return status, {"Content-Type": "text/xml"}, answer.encode()

    async def before(self, call: Call) -> dict:
        """What the call will overwrite and `after` has to restore."""
        if (call.service, call.operation) != ("logs", "PutDestination"):
            return {}
        name = call.params.get("destinationName", "")
        found = await self._upstream.json(
            call.account, call.region, "logs", "DescribeDestinations", {"DestinationNamePrefix": name}
        )
        return next((one for one in found["destinations"] if one["destinationName"] == name), {})

    async def after(self, call: Call, before: dict, answer: bytes) -> bytes:
        """Completes what ministack carried out, and corrects its response."""

        async def also(operation: str, params: dict) -> None:
            await self._upstream.json(call.account, call.region, call.service, operation, params)

        match call.service, call.operation:
            case "logs", "PutDestination" if policy := before.get("accessPolicy"):
                name = call.params["destinationName"]
                await also("PutDestinationPolicy", {"destinationName": name, "accessPolicy": policy})
            case "logs", "DeleteDestination":
                self._destination_tags.pop(_destination_arn(call), None)
            case "sts", "AssumeRole":
                [key] = texts(answer.decode(), "AccessKeyId")
                self._assumed[key] = call.params["RoleArn"].rpartition("/")[2]
            case "logs", "PutSubscriptionFilter":
                self._resources.note_filter(call)
            case "logs", "DescribeSubscriptionFilters":
                shown = json.loads(answer)
                self._resources.completed(call.account, call.region, shown["subscriptionFilters"])
                return json.dumps(shown).encode()
            case "kinesis", "CreateStream" if tags := call.params.get("Tags"):
                await also("AddTagsToStream", {"StreamName": call.params["StreamName"], "Tags": tags})
            case "kinesis", "DescribeStream" | "DescribeStreamSummary":
                return self._show_mode(answer)
            case "firehose", "DescribeDeliveryStream":
                return json.dumps(json.loads(answer, object_hook=_typed)).encode()
        return answer

    async def _tags(self, call: Call, arn: str) -> dict:
        await self._check_permission(call, arn)
        name = arn.rpartition(":")[2]
        found = await self._upstream.json(
            call.account, call.region, "logs", "DescribeDestinations", {"DestinationNamePrefix": name}
        )
        if arn not in (one["arn"] for one in found["destinations"]):
            raise Refusal("ResourceNotFoundException", f"The specified resource does not exist: {arn}")
        tags = self._destination_tags.setdefault(arn, {})
        match call.operation:
            case "TagResource":
                tags.update(call.params.get("tags", {}))
            case "UntagResource":
                for key in call.params.get("tagKeys", []):
                    tags.pop(key, None)
            case "ListTagsForResource":
                return {"tags": tags}
        return {}

    async def _account_policy(self, call: Call) -> dict:
        """Account-level subscription filter policies. Their calls have no resource in IAM."""
        await self._check_permission(call, "*")
        every_log_group = f"arn:aws:logs:{call.region}:{call.account}:log-group:*"
        await self._check_permission(call, every_log_group, ACCOUNT_POLICY_CALLS[call.operation])
        match call.operation:
            case "PutAccountPolicy":
                asked = account_policy.document(call.params["policyDocument"])
                await self._check_subscriber(call, asked["DestinationArn"], asked.get("RoleArn"))
                return {"accountPolicy": self._resources.put_account_policy(call)}
            case "DeleteAccountPolicy":
                self._resources.delete_account_policy(call)
                return {}
        there = self._resources.account_policy(call.account, call.region)
        return {"accountPolicies": [there] if there else []}

    async def _check_subscriber(self, call: Call, arn: str, role: str | None) -> None:
        """A caller needs the action on the destination too; AWS reports the lack like a missing destination policy."""
        if role:
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
            await self._check_permission(call, role, "iam:PassRole")
        try:
            await self._check_permission(call, arn, "logs:PutSubscriptionFilter")
        except Refusal:
            message = f"User with accountId: {call.account} is not authorized to perform: logs:PutSubscriptionFilter"
            raise Refusal("AccessDeniedException", f"{message} on resource: {arn}") from None

    async def _check_permission(self, call: Call, arn: str, action: str = "", context: dict | None = None) -> None:
        """Checks the inline policies of the calling user or role. An account's root key may do anything."""
        if _is_account_key(call):
            return

        async def iam(operation: str, **params) -> str:
            return (await self._upstream.query(call.account, "us-east-1", "iam", operation, params))[1]

        if role := self._assumed.get(call.key_id):
            kind, name = "Role", role
        else:
            kind, [name] = "User", texts(await iam("GetAccessKeyLastUsed", AccessKeyId=call.key_id), "UserName")
        whose, granted = {f"{kind}Name": name}, []
        for policy_name in texts(await iam(f"List{kind}Policies", **whose), "member"):
            [policy] = texts(await iam(f"Get{kind}Policy", **whose, PolicyName=policy_name), "PolicyDocument")
            granted += document.statements(unquote(policy))
        action = action or f"{call.service}:{call.operation}"
        known = {"iam:PassedToService": "logs.amazonaws.com", **(context or {})}
        if not document.permits(granted, action, arn, known):
            raise Refusal(
                "AccessDenied" if call.service == "iam" else "AccessDeniedException",
                f"User: arn:aws:iam::{call.account}:{kind.lower()}/{name} is not authorized to perform: {action} on resource: {arn}"
                f" because no identity-based policy allows the {action} action",
            )

    def _set_mode(self, call: Call) -> dict:
        arn = call.params["StreamARN"]
        if call.params["StreamModeDetails"]["StreamMode"] == "ON_DEMAND":
            self._on_demand.add(arn)
        else:
            self._on_demand.discard(arn)
        return {}

    def _show_mode(self, answer: bytes) -> bytes:
        shown = json.loads(answer)
        for description in shown.values():
            if description["StreamARN"] in self._on_demand:
                description["StreamModeDetails"] = {"StreamMode": "ON_DEMAND"}
        return json.dumps(shown).encode()


def _typed(shown: dict) -> dict:
    """A description with numbers and truths, which ministack leaves as text if CloudFormation made the Firehose stream."""
    for key in NUMBERS & shown.keys():
        shown[key] = int(shown[key])
    if isinstance(shown.get("Enabled"), str):
        shown["Enabled"] = shown["Enabled"].lower() == "true"
    return shown


def _tested(params: dict) -> dict:
    numbered = enumerate(params["logEventMessages"], 1)
    found = [
        {"eventNumber": number, "eventMessage": message, "extractedValues": {}}
        for number, message in numbered
        if matches(params["filterPattern"], message)
    ]
    return {"matches": found}


def _destination_arn(call: Call) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:destination:{call.params.get('destinationName')}"


def _log_stream_arn(call: Call) -> str:
    group, stream = call.params["logGroupName"], call.params["logStreamName"]
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}:log-stream:{stream}"


def _is_account_key(call: Call) -> bool:
    return not call.key_id or call.key_id.isdigit()
