"""Tests of the emulator: every rule applies, and no longer applies once it is switched off."""
