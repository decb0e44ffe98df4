"""Evaluates policy documents: as much of the language as roles and destination policies use."""

import json
import re

ORGANISATION_KEY = "aws:PrincipalOrgID"


def statements(document: str) -> list[dict]:
    """The statements of a policy document; raises ValueError for anything else."""
    found = json.loads(document)
    if not isinstance(found, dict) or "Statement" not in found:
        raise ValueError("no policy document")
    return many(found["Statement"])


def many(value) -> list:
    """A list of what the policy language takes as one or several."""
    return value if isinstance(value, list) else [value]


def like(pattern: str, text: str) -> bool:
    """Matches IAM's wildcards `*` and `?`."""
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def principals(statement: dict, kind: str) -> list[str]:
    """The principals of one kind (`AWS`, `Service`); `*` stands for everyone."""
    principal = statement.get("Principal", {})
    return ["*"] if principal == "*" else many(principal.get(kind, []))


def permits(found: list[dict], action: str, resource: str | None, context: dict, named=lambda _: True) -> bool:
    """Whether the statements that `named` selects allow the action and none denies it; no resource means any."""
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
    """Whether every condition holds; one with an unknown operator never does."""
    return all(
        _holds(operator, many(wanted), next((context[own] for own in context if own.lower() == key.lower()), None))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: list[str], value: str | None) -> bool:
    if value is None:
        return operator.endswith("IfExists")
    match operator.removesuffix("IfExists"):
        case "StringEquals":
            return value in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(like(pattern, value) for pattern in wanted)
    return False
