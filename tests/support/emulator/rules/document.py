"""As much of the policy language as roles and destination policies use: does a document allow this?"""

import json
import re

ORGANISATION_KEY = "aws:PrincipalOrgID"


def statements(document: str) -> list[dict]:
    """The statements of a policy document; raises ValueError for what is no such document."""
    found = json.loads(document)
    if not isinstance(found, dict) or "Statement" not in found:
        raise ValueError("no policy document")
    return many(found["Statement"])


def many(value) -> list:
    """Where the policy language takes one or several."""
    return value if isinstance(value, list) else [value]


def like(pattern: str, text: str) -> bool:
    """`*` and `?` as IAM has them."""
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def principals(statement: dict, kind: str) -> list[str]:
    """The principals of one kind (`AWS`, `Service`); `*` is everyone's."""
    principal = statement.get("Principal", {})
    return ["*"] if principal == "*" else many(principal.get(kind, []))


def permits(found: list[dict], action: str, resource: str | None, context: dict, named=lambda _: True) -> bool:
    """Whether the statements that `named` picks allow it and none denies it. No resource: any will do."""
    effects = {
        statement.get("Effect")
        for statement in found
        if named(statement)
        and any(like(pattern.lower(), action.lower()) for pattern in many(statement.get("Action", [])))
        and (resource is None or any(like(pattern, resource) for pattern in many(statement.get("Resource", "*"))))
        and conditions_hold(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


def conditions_hold(conditions: dict, context: dict) -> bool:
    """Whether every condition holds; an operator that is not known here holds never."""
    return all(
        _holds(operator, many(wanted), next((context[own] for own in context if own.lower() == key.lower()), None))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: list[str], value: str | None) -> bool:
    if value is None:
        return False
    match operator:
        case "StringEquals":
            return value in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(like(pattern, value) for pattern in wanted)
    return False
