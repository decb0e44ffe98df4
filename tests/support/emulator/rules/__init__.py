"""Enforces what AWS enforces and ministack does not. Each rule can be switched off, so that its test can fail."""

import contextlib
from dataclasses import dataclass, field, fields

from ..call import Call, Refusal
from ..upstream import Upstream
from . import account, account_policy, destination, subscription_filter
from .conflict import Conflicts
from .quota import Quotas
from .delays import Delays
from .resources import Resources


@dataclass
class Settings:
    """Switches and parameters of the rules."""

    destination_policy: bool = True
    """PutSubscriptionFilter checks the destination policy; PutDestinationPolicy refuses ARNs and more than 5,120 bytes."""
    destination_role: bool = True
    """A destination's role must exist, trust CloudWatch Logs for this account, and have access to its stream."""
    destination_tags: bool = True
    """PutDestination fails if it is given tags."""
    filters_max: int = 2
    """Subscription filters per log group; 0: no limit."""
    quotas: bool = True
    """Limit the calls per second, for each account and Region."""
    conflicts: bool = True
    """Of two simultaneous writes to one log group or destination, refuse the second."""
    write_seconds: float = 0.01
    """How long a write to a log group or destination takes at least, so that conflicts can occur."""
    reserved_names: bool = True
    """Refuse log groups that start with `aws/`."""
    trust_policy_size: bool = True
    """Refuse trust policies of more than 2,048 characters."""
    propagation_seconds: float = 0.5
    """How long until a new role can be assumed; its permissions take twice as long."""
    stream_full: bool = False
    """Every stream refuses every record for want of capacity. CloudWatch Logs counts that as throttling, and tries again for 24 hours:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions.html"""
    organisation: str = "o-catchment0"
    """The organisation of all accounts but `outside`."""
    outside: list[str] = field(default_factory=list)
    """The accounts that are in no organisation."""
    stream_seconds: float = 0.3
    """How long a stream is CREATING or UPDATING."""


class Rules:
    """Checks each call before it reaches ministack."""

    def __init__(self, upstream: Upstream, settings: dict):
        self.settings = Settings(**settings)
        self.delays = Delays(self.settings)
        self._resources = Resources(upstream)
        self._conflicts, self._quotas = Conflicts(), Quotas()

    def change(self, settings: dict) -> None:
        """Changes the given settings; raises TypeError for an unknown one."""
        unknown = set(settings) - {known.name for known in fields(Settings)}
        if unknown:
            raise TypeError(f"no such rule: {', '.join(sorted(unknown))}")
        for name, value in settings.items():
            setattr(self.settings, name, value)

    @contextlib.asynccontextmanager
    async def watch(self, call: Call):
        """Raises `Refusal` if AWS would refuse the call; within the block, the call locks what it writes to."""
        if self.settings.quotas:
            self._quotas.take(call)
        async with self._conflicts.hold(call, self.settings):
            await self._check(call)
            yield

    def note(self, call: Call, answer: bytes) -> bytes:
        """Records a call that ministack carried out; returns its response as AWS would give it."""
        return self.delays.note(call, answer)

    async def _check(self, call: Call) -> None:
        self.delays.check(call)
        checks = {
            ("logs", "CreateLogGroup"): account.check_log_group_name,
            ("iam", "CreateRole"): account.check_trust_policy,
            ("iam", "UpdateAssumeRolePolicy"): account.check_trust_policy,
            ("logs", "PutDestination"): destination.check,
            ("logs", "PutDestinationPolicy"): destination.check_policy,
            ("logs", "PutSubscriptionFilter"): subscription_filter.check,
            ("logs", "PutAccountPolicy"): account_policy.check,
        }
        if check := checks.get((call.service, call.operation)):
            await check(call, self)

    @property
    def resources(self) -> Resources:
        """What ministack holds."""
        return self._resources


__all__ = ["Refusal", "Rules", "Settings"]
