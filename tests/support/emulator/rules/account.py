"""Rules that need only the call: names and sizes."""

from ..call import Call, Refusal

TRUST_POLICY_CHARACTERS_MAX = 2048


async def check_log_group_name(call: Call, rules) -> None:
    if rules.settings.reserved_names and call.params.get("logGroupName", "").lower().startswith("aws/"):
        raise Refusal("InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.")


async def check_trust_policy(call: Call, rules) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: white space does not count."""
    document = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument", "")
    if rules.settings.trust_policy_size and len("".join(document.split())) > TRUST_POLICY_CHARACTERS_MAX:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARACTERS_MAX}", 409)
