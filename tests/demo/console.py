"""The demo's terminal output: numbered steps, commands with their output, tables, fields."""

import os
import shutil
import sys
import textwrap
import time

WIDTH_MAX = 120
SAMPLE_LINES_MAX = 12
_COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
_started = time.monotonic()
_steps = 0


class Failure(Exception):
    """The demo cannot continue; `hint` says what to do."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint


def step(title: str, explanation: str) -> None:
    """Begins a step."""
    global _steps
    _steps += 1
    print(f"\n{_styled('1', f'{_steps}. {title}')}  {_styled('2', f'[{time.monotonic() - _started:.0f} s]')}")
    text(explanation)


def heading(title: str) -> None:
    print(f"\n{_styled('1', title)}", flush=True)


def text(words: str) -> None:
    for line in textwrap.wrap(words, _width() - 3):
        print(f"   {line}", flush=True)


def command(line: str) -> None:
    """A command that is about to run."""
    print(f"\n   {_styled('36', f'$ {line}')}", flush=True)


def output(words: str) -> None:
    """What a command printed."""
    for line in words.rstrip().splitlines():
        print(f"   {line}".rstrip())
    sys.stdout.flush()


def table(rows: list[tuple], head: tuple) -> None:
    """Prints columns; numbers are right-aligned."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print()
    for row, source in zip(cells, [head, *rows], strict=True):
        padded = (
            cell.rjust(width) if isinstance(value, int) else cell.ljust(width)
            for cell, width, value in zip(row, widths, source, strict=True)
        )
        print(f"   {'  '.join(padded)}".rstrip())


def fields(title: str, values: dict) -> None:
    """Fields and their values below a title, none of them broken over lines."""
    print(f"\n   {_styled('36', title)}")
    pairs = "  ".join(f"{name}={value}" for name, value in values.items())
    for line in textwrap.wrap(pairs, _width() - 5, break_on_hyphens=False, break_long_words=False):
        print(f"     {line}")


def sample(line: str) -> None:
    """A line of log data, shortened to a few lines of the terminal."""
    width = _width() - 5
    shown = line if len(line) <= width * SAMPLE_LINES_MAX else line[: width * SAMPLE_LINES_MAX - 1] + "…"
    print()
    for begin in range(0, len(shown), width):
        print(f"     {shown[begin : begin + width]}")


def paste(lines: list[str]) -> None:
    """Commands to copy: unwrapped, at the left margin."""
    print("\n" + "\n".join(lines), flush=True)


def progress(words: str) -> None:
    """Overwrites its own line on a terminal; prints nothing elsewhere."""
    if sys.stdout.isatty():
        print(f"\r   {words}\033[K", end="", flush=True)


def progress_done(words: str) -> None:
    begin, end = ("\r", "\033[K") if sys.stdout.isatty() else ("", "")
    print(f"{begin}   {words}{end}", flush=True)


def failure(error: Failure) -> None:
    """Prints to standard error why the demo failed and what to do."""
    sys.stdout.flush()
    print(f"\ndemo: {error}\n\n   {error.hint}", file=sys.stderr)


def _width() -> int:
    return min(shutil.get_terminal_size((WIDTH_MAX, 24)).columns, WIDTH_MAX)


def _styled(code: str, words: str) -> str:
    return f"\033[{code}m{words}\033[0m" if _COLOUR else words
