"""AWS Organizations, as far as listing its accounts goes.

ministack has one organization for each account that asks, numbers accounts by chance, returns lists in one page, and knows the
`Status` of an account, which AWS retired for its `State` on September 9, 2026
(https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html). So the tests' organization is one of their own.
"""

import base64
from dataclasses import dataclass, field

from .call import Call, Refusal

PAGE_MAX = 20
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html"""
ROOT = "r-root"
LISTS = {
    "ListRoots": "Roots",
    "ListAccounts": "Accounts",
    "ListAccountsForParent": "Accounts",
    "ListOrganizationalUnitsForParent": "OrganizationalUnits",
    "ListTagsForResource": "Tags",
}


@dataclass
class Settings:
    """The organization."""

    id: str = "o-catchment0"
    management: str = ""
    """Its management account; empty: there is no organization."""
    delegated: list[str] = field(default_factory=list)
    """Delegated administrators."""
    units: list[dict] = field(default_factory=list)
    """`id`, `name`, `parent`: the id of another unit, or none for the root."""
    accounts: list[dict] = field(default_factory=list)
    """`id`, `name`, and if need be `unit`: the id of its unit, `state`, `tags`."""


class Organization:
    """Answers calls to Organizations."""

    def __init__(self, settings: dict):
        self.settings = Settings(**settings)

    def arn(self, call: Call) -> str:
        """What the caller needs permission for
        (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html)."""
        resource = call.params.get("ParentId") or call.params.get("ResourceId")
        if resource is None:
            return "*"
        kind = {"r": "root", "o": "ou"}.get(resource[0], "account")
        return f"arn:aws:organizations::{self.settings.management}:{kind}/{self.settings.id}/{resource}"

    def check(self, call: Call) -> None:
        """Only the management account and delegated administrators may list, as each operation's page in the API reference says."""
        members = {one["id"] for one in self.settings.accounts}
        if call.account not in members | {self.settings.management}:
            raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        if call.account not in (self.settings.management, *self.settings.delegated):
            raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")

    def answer(self, call: Call) -> dict:
        """A page. Every list begins with an empty one: AWS warns of pages that are, though there are more."""
        items, token = self._items(call), call.params.get("NextToken")
        if not token:
            return {LISTS[call.operation]: [], "NextToken": _token(0)} if items else {LISTS[call.operation]: []}
        first = int(base64.b64decode(token))
        last = first + min(PAGE_MAX, call.params.get("MaxResults", PAGE_MAX))
        more = {"NextToken": _token(last)} if last < len(items) else {}
        return {LISTS[call.operation]: items[first:last]} | more

    def _items(self, call: Call) -> list[dict]:
        settings, parent = self.settings, call.params.get("ParentId")
        if parent not in (None, ROOT, *(one["id"] for one in settings.units)):
            raise Refusal("ParentNotFoundException", "We can't find a root or organizational unit (OU) with that ParentId.")
        match call.operation:
            case "ListRoots":
                return [{"Id": ROOT, "Name": "Root"}]
            case "ListOrganizationalUnitsForParent":
                return [{"Id": one["id"], "Name": one["name"]} for one in settings.units if one.get("parent", ROOT) == parent]
            case "ListTagsForResource":
                wanted = call.params["ResourceId"]
                tags = next((one.get("tags", {}) for one in settings.accounts if one["id"] == wanted), None)
                if tags is None:
                    raise Refusal("TargetNotFoundException", "We can't find a root, OU, account, or policy with that TargetId.")
                return [{"Key": key, "Value": value} for key, value in tags.items()]
        return [
            {"Id": one["id"], "Name": one["name"], "State": one.get("state", "ACTIVE")}
            for one in settings.accounts
            if parent in (None, one.get("unit", ROOT))
        ]


def _token(first: int) -> str:
    return base64.b64encode(str(first).encode()).decode()
