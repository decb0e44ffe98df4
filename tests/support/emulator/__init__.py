"""AWS for the tests: ministack behind a proxy that enforces what ministack does not. `python -m emulator` starts it."""
