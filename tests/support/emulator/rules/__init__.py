"""What AWS enforces and ministack does not. Each rule can be switched off, so that its test can fail."""

import contextlib
from dataclasses import dataclass, fields

from ..call import Call, Refusal
from ..upstream import Upstream
from . import account, destination, subscription_filter
from .conflict import Conflicts
from .quota import Quotas
from .settling import Settling
from .world import World


@dataclass
class Settings:
    """The rules, and the numbers that they take."""

    destination_policy: bool = True
    """PutSubscriptionFilter asks the destination policy; PutDestinationPolicy refuses ARNs and over 5,120 bytes."""
    destination_role: bool = True
    """The role behind a destination must exist, trust CloudWatch Logs for this account, and may write to its stream."""
    destination_tags: bool = True
    """Tags in PutDestination itself fail it."""
    filters_max: int = 2
    """Subscription filters a log group; 0: no cap."""
    quotas: bool = True
    """Calls a second, for each account and Region."""
    conflicts: bool = True
    """Two writes to one log group or destination at a time: the second is refused."""
    write_seconds: float = 0.01
    """How long a write to a log group or destination takes at least: what conflicts need to be met."""
    reserved_names: bool = True
    """Log groups that start with `aws/`."""
    trust_policy_size: bool = True
    """2,048 characters."""
    propagation_seconds: float = 0.5
    """Until a new role can be assumed; its permissions take twice as long."""
    organisation: str = "o-catchment0"
    """The organisation that every account is in."""
    stream_seconds: float = 0.3
    """How long a stream is CREATING or UPDATING."""


class Rules:
    """Stands between a call and ministack."""

    def __init__(self, upstream: Upstream, settings: dict):
        self.settings = Settings(**settings)
        self.settling = Settling(self.settings)
        self._world = World(upstream)
        self._conflicts, self._quotas = Conflicts(), Quotas()

    def change(self, settings: dict) -> None:
        """Changes the settings given; a TypeError names one that is none."""
        unknown = set(settings) - {known.name for known in fields(Settings)}
        if unknown:
            raise TypeError(f"no such rule: {', '.join(sorted(unknown))}")
        for name, value in settings.items():
            setattr(self.settings, name, value)

    @contextlib.asynccontextmanager
    async def watch(self, call: Call):
        """Raises `Refusal` where AWS would refuse the call; within, the call holds what it writes to."""
        if self.settings.quotas:
            self._quotas.take(call)
        async with self._conflicts.hold(call, self.settings):
            await self._check(call)
            yield

    def note(self, call: Call, answer: bytes) -> bytes:
        """Takes notice of a call that ministack carried out, and of its answer makes AWS's."""
        return self.settling.note(call, answer)

    async def _check(self, call: Call) -> None:
        self.settling.check(call)
        checks = {
            ("logs", "CreateLogGroup"): account.check_log_group_name,
            ("iam", "CreateRole"): account.check_trust_policy,
            ("iam", "UpdateAssumeRolePolicy"): account.check_trust_policy,
            ("logs", "PutDestination"): destination.check,
            ("logs", "PutDestinationPolicy"): destination.check_policy,
            ("logs", "PutSubscriptionFilter"): subscription_filter.check,
        }
        if check := checks.get((call.service, call.operation)):
            await check(call, self)

    @property
    def world(self) -> World:
        """What is in ministack now."""
        return self._world


__all__ = ["Refusal", "Rules", "Settings"]
