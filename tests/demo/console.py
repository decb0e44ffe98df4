"""The demo's one printer: numbered steps with what happens and why, commands with their output, tables."""

import os
import shutil
import sys
import textwrap
import time

WIDTH_MAX = 120
SAMPLE_LINES_MAX = 5
_COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
_started = time.monotonic()
_steps = 0


class Failure(Exception):
    """The demo cannot go on; `hint` says what a person can do."""

    def __init__(self, what: str, hint: str):
        super().__init__(what)
        self.hint = hint


def step(what: str, why: str) -> None:
    """Begins a step."""
    global _steps
    _steps += 1
    print(f"\n{_styled('1', f'{_steps}. {what}')}  {_styled('2', f'[{time.monotonic() - _started:.0f} s]')}")
    text(why)


def heading(what: str) -> None:
    print(f"\n{_styled('1', what)}", flush=True)


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
    """Columns; numbers to the right."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print()
    for row, source in zip(cells, [head, *rows], strict=True):
        padded = (
            cell.rjust(width) if isinstance(value, int) else cell.ljust(width)
            for cell, width, value in zip(row, widths, source, strict=True)
        )
        print(f"   {'  '.join(padded)}".rstrip())


def sample(title: str, line: str) -> None:
    """A line of log data below its title: as much of it as fits in a few lines of the terminal."""
    room = _width() - 5
    shown = line if len(line) <= room * SAMPLE_LINES_MAX else line[: room * SAMPLE_LINES_MAX - 1] + "…"
    print(f"\n   {_styled('36', title)}")
    for begin in range(0, len(shown), room):
        print(f"     {shown[begin : begin + room]}")


def paste(lines: list[str]) -> None:
    """Commands for a person to copy: whole, at the left margin."""
    print("\n" + "\n".join(lines), flush=True)


def progress(words: str) -> None:
    """Overwrites its own line on a terminal; says nothing elsewhere."""
    if sys.stdout.isatty():
        print(f"\r   {words}\033[K", end="", flush=True)


def progress_done(words: str) -> None:
    begin, end = ("\r", "\033[K") if sys.stdout.isatty() else ("", "")
    print(f"{begin}   {words}{end}", flush=True)


def failure(error: Failure) -> None:
    """Why the demo failed and what to do, on standard error."""
    sys.stdout.flush()
    print(f"\ndemo: {error}\n\n   {error.hint}", file=sys.stderr)


def _width() -> int:
    return min(shutil.get_terminal_size((WIDTH_MAX, 24)).columns, WIDTH_MAX)


def _styled(code: str, words: str) -> str:
    return f"\033[{code}m{words}\033[0m" if _COLOUR else words
