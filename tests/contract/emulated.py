"""Runs a static Linux program on an emulated processor, Intel's Ice Lake, which has AVX-512: `make emulated`.

    LD_PRELOAD=icelake.so python tests/contract/emulated.py PROGRAM [ARGUMENT]… < INPUT > OUTPUT

The processor is that of Bochs. There is no kernel: the program runs in ring 0, in memory that stands where its address says, and what it
asks of the system is answered here, as far as `answer` asks. It has one thread, and memory that it gives back is not used again.
"""

import ctypes
import mmap
import os
import struct
import sys

import bochscpu
import bochscpu.cpu
import bochscpu.memory

GIB = 1 << 30
MEMORY = 4 * GIB
PAGE = 4096
# Where things are.
TABLES, ENTRY_OF_CALLS, PROGRAM, STACK, HEAP, MAPPINGS = 0x10000, 0x8000, 0x40_0000, 0x3FF_0000, 0x400_0000, 0x4000_0000
# Standard errors of the system, as results.
ENOENT, EAGAIN, ENOMEM, EINVAL, ENOSYS = -2, -11, -12, -22, -38

memory = mmap.mmap(-1, MEMORY)
at_host = ctypes.addressof(ctypes.c_char.from_buffer(memory))


def put(place, data):
    memory[place : place + len(data)] = data


def numbers(place, count):
    return struct.unpack_from(f"<{count}Q", memory, place)


def text(place):
    return memory[place : memory.find(b"\0", place)].decode()


def map_one_to_one():
    present, writable, large = 1, 2, 0x80
    put(TABLES, struct.pack("<Q", TABLES + PAGE | present | writable))
    for gib in range(MEMORY // GIB):
        put(TABLES + PAGE + 8 * gib, struct.pack("<Q", gib * GIB | present | writable | large))


def load(path):
    """Loads a program. Returns where it begins, and what it is told of itself."""
    with open(path, "rb") as file:
        program = file.read()
    kind = struct.unpack_from("<H", program, 16)[0]
    entry, headers = struct.unpack_from("<QQ", program, 24)
    size, count = struct.unpack_from("<HH", program, 54)
    moved_by = PROGRAM if kind == 3 else 0
    for number in range(count):
        kind, _, offset, place, _, length = struct.unpack_from("<IIQQQQ", program, headers + number * size)
        if kind == 1:
            put(moved_by + place, program[offset : offset + length])
    entry += moved_by
    return entry, {3: moved_by + headers, 4: size, 5: count, 6: PAGE, 9: entry, 11: 0, 12: 0, 13: 0, 14: 0, 23: 0}


def fill_stack(arguments, variables, auxiliary):
    """Puts what a program finds on its stack. Returns where that ends."""
    top = STACK

    def push(data):
        nonlocal top
        top -= len(data)
        put(top, data)
        return top

    auxiliary[25] = push(os.urandom(16))
    arguments = [push(argument.encode() + b"\0") for argument in arguments]
    variables = [push(f"{name}={value}\0".encode()) for name, value in variables.items()]
    pairs = [number for pair in auxiliary.items() for number in pair]
    words = [len(arguments), *arguments, 0, *variables, 0, *pairs, 0, 0]
    top = (top - 8 * len(words)) & ~15
    put(top, struct.pack(f"<{len(words)}Q", *words))
    return top


def segment(selector, kind, base=0):
    made = bochscpu.Segment()
    made.present, made.selector, made.base, made.limit, made.attr = True, selector, base, 0xFFFF_FFFF, kind
    return made


CODE, DATA = 0xA09B, 0xC093


def begin(entry, stack):
    """The processor's state as a kernel with AVX-512 leaves it to a program, but for the ring."""
    state = bochscpu.State()
    bochscpu.cpu.set_long_mode(state)
    state.cr3 = TABLES
    state.cr4 |= 1 << 9 | 1 << 10 | 1 << 16 | 1 << 18  # OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE
    state.xcr0 = 0xE7
    state.mxcsr, state.mxcsr_mask, state.fpcw, state.fptw = 0x1F80, 0xFFFF, 0x37F, 0xFFFF
    state.rflags, state.rip, state.rsp = 2, entry, stack
    state.lstar, state.star, state.sfmask = ENTRY_OF_CALLS, 0x08 << 32, 0
    state.cs = segment(0x08, CODE)
    state.ss = state.ds = state.es = segment(0x10, DATA)
    state.fs = state.gs = segment(0, DATA)
    return state


class System:
    """What a program asks for, by the number of the call."""

    def __init__(self, cpu):
        self.cpu = cpu
        self.heap_end = HEAP
        self.mapped_to = MAPPINGS
        self.exit_code = None
        self.calls = {
            0: self.read,
            1: self.write,
            3: self.nothing,  # close
            7: self.nothing,  # poll
            9: self.map,
            10: self.nothing,  # mprotect
            11: self.nothing,  # munmap
            12: self.brk,
            13: self.nothing,  # rt_sigaction
            14: self.nothing,  # rt_sigprocmask
            25: self.remap,
            28: self.advise,
            56: lambda *_: EAGAIN,  # clone: the tests of a library then run in the thread that there is
            131: self.nothing,  # sigaltstack
            158: self.arch_prctl,
            186: lambda *_: 1,  # gettid
            202: self.nothing,  # futex
            218: lambda *_: 1,  # set_tid_address
            228: self.clock,
            231: self.exit,
            257: self.open,
            273: self.nothing,  # set_robust_list
            302: self.limits,
            318: self.random,
        }

    def answer(self, number, *given):
        return self.calls.get(number, lambda *_: ENOSYS)(*given)

    def nothing(self, *_):
        return 0

    def read(self, file, place, size, *_):
        data = os.read(file, size)
        put(place, data)
        return len(data)

    def write(self, file, place, size, *_):
        return os.write(file, memory[place : place + size])

    def open(self, _, path, *__):
        try:
            return os.open(text(path), os.O_RDONLY)
        except OSError:
            return ENOENT

    def brk(self, end, *_):
        if HEAP <= end <= MAPPINGS:
            put(self.heap_end, bytes(max(end - self.heap_end, 0)))
            self.heap_end = end
        return self.heap_end

    def map(self, place, size, _, flags, *__):
        fixed = 0x10
        if flags & fixed:
            put(place, bytes(size))
            return place
        place = self.mapped_to
        if place + size > MEMORY:
            return ENOMEM
        self.mapped_to += -(-size // PAGE) * PAGE
        return place

    def remap(self, old, old_size, size, *_):
        place = self.map(0, size, 0, 0)
        if place != ENOMEM:
            put(place, memory[old : old + min(old_size, size)])
        return place

    def advise(self, place, size, advice, *_):
        dont_need = 4
        if advice == dont_need:
            put(place, bytes(size))
        return 0

    def arch_prctl(self, code, place, *_):
        set_fs = 0x1002
        if code != set_fs:
            return EINVAL
        self.cpu.fs = segment(0, DATA, place)
        return 0

    def clock(self, _, place, *__):
        put(place, struct.pack("<QQ", 1_700_000_000, 0))
        return 0

    def limits(self, _, __, ___, place, *____):
        if place:
            put(place, struct.pack("<QQ", STACK - PROGRAM, STACK - PROGRAM))
        return 0

    def random(self, place, size, *_):
        put(place, os.urandom(size))
        return size

    def exit(self, code, *_):
        self.exit_code = code
        return 0


def stop_at_exception(session, _, vector, code):
    cpu = session.cpu
    print(f"exception {vector} ({code:#x}) at {cpu.rip:#x}, cr2 {cpu.cr2:#x}", file=sys.stderr, flush=True)
    os._exit(1)


def main():
    map_one_to_one()
    entry, auxiliary = load(sys.argv[1])
    stack = fill_stack(sys.argv[1:], os.environ, auxiliary)
    # A call of the system stops the processor.
    put(ENTRY_OF_CALLS, b"\xf4")
    session = bochscpu.Session()
    session.missing_page_handler = lambda place: bochscpu.memory.page_insert(place // PAGE * PAGE, at_host + place // PAGE * PAGE)
    session.cpu.state = begin(entry, stack)
    hook = bochscpu.Hook()
    hook.hlt = lambda session, _: session.stop()
    hook.exception = stop_at_exception
    cpu = session.cpu
    system = System(cpu)
    while system.exit_code is None:
        session.run([hook])
        result = system.answer(cpu.rax, cpu.rdi, cpu.rsi, cpu.rdx, cpu.r10, cpu.r8, cpu.r9)
        cpu.rax = result % (1 << 64)
        cpu.rip, cpu.rflags = cpu.rcx, cpu.r11
    # Without the interpreter's end, of which the emulator complains.
    os._exit(system.exit_code)


if __name__ == "__main__":
    main()
