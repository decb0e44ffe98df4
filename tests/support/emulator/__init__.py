"""The tests' AWS: ministack behind a proxy that enforces what ministack does not. `python -m emulator` starts it."""
