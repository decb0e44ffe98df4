"""Holds a chosen call for ever, so that a test can kill its caller at exactly that point."""

import asyncio
from dataclasses import dataclass

from .call import Call


@dataclass
class Settings:
    """Which call to hold."""

    at: int = 0
    """The n-th, counted from when the breakpoint was set; 0: none."""
    of: str = "writes"
    """`writes` or `calls`."""
    when: str = "before"
    """`before` it reaches ministack, or `after`."""


class Breakpoint:
    """Counts calls and holds one."""

    def __init__(self, **settings):
        self.settings = Settings(**settings)
        self.reached = asyncio.Event()
        self._count = 0
        self._never = asyncio.Event()

    def is_at(self, call: Call) -> bool:
        """Whether this is the call."""
        if self.settings.of == "writes" and not call.is_write:
            return False
        self._count += 1
        return self._count == self.settings.at

    async def hold(self) -> None:
        """Reports that the call is held and never returns; the task is cancelled when the emulator ends."""
        self.reached.set()
        await self._never.wait()
