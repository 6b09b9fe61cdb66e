"""What the rp2 port does around a program (ports/rp2/main.c, shared/runtime/pyexec.c).

boot.py and main.py run, 0x03 ends them; then there is a prompt, friendly or raw (Ctrl-A, raw paste
too), whose lines the real compiler judges; Ctrl-D there, or SystemExit anywhere, is a soft reset.
Not played: history, completion, moving in the line, indenting by itself.
"""

import io
import os
import sys

import board
import stdio

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
WINDOW = 128
COMPOUND = ("if", "while", "for", "try", "with", "def", "class", "async")
BANNER = sys.version.split("; ")[1] + "; Raspberry Pi Pico with RP2040"

space = {"__name__": "__main__"}


def say(text):
    stdio.stdout.buffer.write(text if isinstance(text, bytes) else text.encode())


def interruptible(yes):
    """Whether 0x03 at the port interrupts (``mp_hal_set_interrupt_char``)."""
    board.interrupt_with(3 if yes else -1)


FAULT, DONE, EXIT = 0, 1, 2


def execute(source, name, kind, marks=False):
    """Run it; EXIT when it wants a soft reset. ``marks``: 0x04 after output and after a fault."""
    fault = None
    try:
        code = compile(source() if callable(source) else source, name, kind)
        interruptible(True)
        try:
            exec(code, space)
        finally:
            interruptible(False)
    except BaseException as error:
        interruptible(False)
        fault = error
    if marks:
        say(CTRL_D)
    result = DONE if fault is None else FAULT
    if isinstance(fault, SystemExit):
        result = EXIT
    elif fault is not None:
        print_fault(fault)
    if marks:
        say(CTRL_D)
    return result


def print_fault(fault):
    """Its traceback as the chip prints it: without our own frame."""
    text = io.StringIO()
    sys.print_exception(fault, text)
    lines = text.getvalue().split("\n")
    print("\n".join(line for line in lines if "/repl.py" not in line), end="")


def run_file(name):
    try:
        os.stat(name)
    except OSError:
        return DONE
    return execute(lambda: _content(name), name, "exec")


def _content(name):
    with open(name) as file:
        return file.read()


def run(friendly):
    """The chip's life until the next soft reset; never returns."""
    mode["friendly"] = friendly
    result = run_file("boot.py")
    if result == DONE and friendly:
        result = run_file("main.py")
    while result != EXIT:
        try:
            result = _friendly() if mode["friendly"] else _raw()
        except KeyboardInterrupt:
            continue  # it was meant for what had just ended
    say("MPY: soft reboot\r\n")
    board.send(tone=0)
    if board.uart:
        board.uart.deinit()
    board.send(reset="soft", friendly=mode["friendly"])
    board.gone()


mode = {"friendly": True}


# ---- raw -----------------------------------------------------------------------------------


def _raw():
    """DONE when the host wants the friendly one, EXIT for a soft reset."""
    say("raw REPL; CTRL-B to exit\r\n")
    line = b""
    say(">")
    while True:
        byte = stdio.receive()
        if byte == CTRL_A:
            if len(line) == 2 and line[:1] == CTRL_E:
                if _paste(line[1:]) == EXIT:
                    return EXIT
                say(">")
            else:
                say("raw REPL; CTRL-B to exit\r\n>")
            line = b""
        elif byte == CTRL_B:
            say("\r\n")
            mode["friendly"] = True
            return DONE
        elif byte == CTRL_C:
            line = b""
        elif byte == CTRL_D:
            say("OK")
            if not line:
                say("\r\n")
                return EXIT
            if execute(line, "<stdin>", "exec", marks=True) == EXIT:
                return EXIT
            line = b""
            say(">")
        else:
            line += byte


def _paste(command):
    """Raw paste: the host may send a window ahead of what was read."""
    if command != b"A":
        say(b"R\x00")
        return DONE
    say(b"R\x01" + bytes((WINDOW & 0xFF, WINDOW >> 8, 1)))
    return execute(_pasted, "<stdin>", "exec", marks=True)


def _pasted():
    source = b""
    left = WINDOW
    while True:
        byte = stdio.receive()
        if byte in (CTRL_C, CTRL_D):
            say(CTRL_D)
            if byte == CTRL_C:
                raise KeyboardInterrupt
            return source
        source += byte
        left -= 1
        if not left:
            say(b"\x01")
            left = WINDOW


# ---- friendly ------------------------------------------------------------------------------


def _friendly():
    """DONE when the host wants the raw one, EXIT for a soft reset."""
    while True:
        say(BANNER + '\r\nType "help()" for more information.\r\n')
        byte = None
        while byte != CTRL_B:
            line, byte = _line(">>> ")
            if byte == CTRL_A:
                say("\r\n")
                mode["friendly"] = False
                return DONE
            if byte == CTRL_D:
                say("\r\n")
                return EXIT
            if byte in (CTRL_B, CTRL_C):
                say("\r\n")
                continue
            kind = "single"
            if byte == CTRL_E:
                line, kind = _pasted_by_hand(), "exec"
            else:
                line = _continued(line)
            if line and execute(line, "<stdin>", kind) == EXIT:
                return EXIT


def _continued(line):
    """``line`` with what belongs to it; b"" when the host gave it up."""
    while line and _open(line.decode()):
        more, byte = _line("... ")
        if byte == CTRL_C:
            say("\r\n")
            return b""
        if byte == CTRL_D:
            break
        line += b"\n" + more
    return line


def _line(prompt):
    """A line and the key that ended it: Enter, or a control key."""
    say(prompt)
    line = b""
    while True:
        byte = stdio.receive()
        if byte == b"\r":
            say("\r\n")
            return line, byte
        if byte == CTRL_C or (CTRL_A <= byte <= CTRL_E and not line):
            return line, byte
        if byte in (b"\x08", b"\x7f"):
            if line:
                line = line[:-1]
                say("\x08\x1b[K")
        elif 32 <= byte[0] <= 126:
            line += byte
            say(byte)


def _pasted_by_hand():
    say("\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
    source = b""
    while True:
        byte = stdio.receive()
        if byte in (CTRL_C, CTRL_D):
            say("\r\n")
            return b"" if byte == CTRL_C else source
        source += byte
        say(b"\r\n=== " if byte == b"\r" else byte)


def _open(text):
    """Whether more must follow (py/repl.c, ``mp_repl_continue_with_input``)."""
    quote = ""
    depth = 0
    i = 0
    while i < len(text):
        c = text[i]
        if quote and c == "\\":
            i += 1
        elif quote:
            if text[i : i + len(quote)] == quote:
                i += len(quote) - 1
                quote = ""
        elif c in "'\"":
            quote = c * 3 if text[i : i + 3] == c * 3 else c
            i += len(quote) - 1
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        i += 1
    if len(quote) == 3 or (depth > 0 and not quote) or text.endswith("\\"):
        return True
    word = ""
    for c in text:
        if not (c.isalpha() or c == "_" or c.isdigit()):
            break
        word += c
    return (text[0] == "@" or word in COMPOUND) and not text.endswith("\n")
