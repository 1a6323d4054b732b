# SPDX-License-Identifier: GPL-2.0-or-later
"""What a boot case is made of, and how one is carried out. The cases themselves are in cases.py."""

import dataclasses
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lib import clevis, debian, disks, efi, images, questions, remote, tpm, vmlinux
from lib.console import Unexpected
from lib.patience import patient
from lib.paths import MEMORY
from lib.proc import Failed, Missing, run
from lib.qemu import Drive, Machine, Qemu

# The kernel's log may come between an agent's prompt and what follows it.
PROMPT = rf"Please unlock disk {images.NAME}:(?: |(?=\[ ))"
TPM_PIN = rf"Please enter the TPM2 PIN of disk {images.NAME}: "
SHELL = "|".join(generator.shell for generator in images.GENERATORS.values())
MOUNTED = f"{images.NAME} over {images.NAME}_dif"

Step = Callable[[Qemu], None]


# --- steps of a dialogue --------------------------------------------------------------------------

def expect(text: str, timeout: float = 90, unless: str = rf"{SHELL}|Kernel panic") -> Step:
    """Wait for a regular expression."""
    return lambda guest: guest.console.expect(text, timeout, unless) and None


def question(prompt: str = PROMPT, timeout: float = 90,
             unless: str = rf"{SHELL}|Kernel panic") -> Step:
    """Wait for a question that was not asked before; a prompt that is only shown again is none."""
    return lambda guest: guest.console.question(prompt, timeout, unless) and None


def send(text: str | bytes) -> Step:
    """Type without Enter."""
    return lambda guest: guest.console.send(text)


def enter(passphrase: str | bytes = disks.PASSPHRASE) -> Step:
    """Type a line."""
    raw = passphrase.encode() if isinstance(passphrase, str) else passphrase
    return lambda guest: guest.console.send(raw + b"\n")


def answer(passphrase: str | bytes = disks.PASSPHRASE, prompt: str = PROMPT) -> tuple[Step, Step]:
    """Wait for a question and answer it."""
    return question(prompt), enter(passphrase)


def press(keys: str) -> Step:
    """Press keys of the machine's own keyboard. QEMU names a key by what it is on a US one."""
    def step(guest: Qemu) -> None:
        for key in keys.split():
            guest.command("send-key", {"keys": [{"type": "qcode", "data": key}]})
    return step


def on_screen(text: str, timeout: float = 90) -> Step:
    """Wait for a regular expression on the machine's own screen."""
    def step(guest: Qemu) -> None:
        end = time.monotonic() + patient(timeout)
        while not re.search(text, guest.screen()):
            if time.monotonic() >= end or guest.console.ended:
                raise Unexpected(f"{text!r} never came to the screen")
            guest.console.pump(1)
    return step


def seen(*texts: str, timeout: float = 180) -> Step:
    """Wait until the console has shown all of these regular expressions, in whatever order."""
    def step(guest: Qemu) -> None:
        end = time.monotonic() + patient(timeout)
        for text in texts:
            while not re.search(text, guest.console.text):
                if time.monotonic() >= end or guest.console.ended:
                    raise Unexpected(f"the console never showed {text!r}")
                guest.console.pump(1)
    return step


def plug(number: int = 0) -> Step:
    """Plug in a disk that the case declares late."""
    return lambda guest: guest.plug(number)


def quiet(text: str, seconds: float) -> Step:
    """Nothing like this appears for some seconds."""
    def step(guest: Qemu) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            guest.console.pump(end - time.monotonic())
        found = re.search(text, guest.console.text[guest.console.mark:], re.MULTILINE)
        if found:
            raise Unexpected(f"{found.group(0)!r} should not have appeared")
    return step


def shell(command: str, want: str = "", timeout: float = 30) -> Step:
    """In the generator's shell: run a command, and wait for what it should print."""
    def step(guest: Qemu) -> None:
        # The prompt is waited for here or was by the end of the dialogue before; the echo is not
        # the output.
        guest.console.send(command + "; echo shell-''done\n")
        found = guest.console.expect(r"^shell-done$", timeout)
        begin = guest.console.text.rfind(command, 0, found.start())
        if want and not re.search(want, guest.console.text[begin + len(command):found.start()],
                                  re.MULTILINE):
            raise Unexpected(f"{command!r} did not print {want!r}")
    return step


def wake(text: str, timeout: float = 60) -> Step:
    """Press Enter until a regular expression appears: what is typed before somebody reads may be
    thrown away."""
    def step(guest: Qemu) -> None:
        end = time.monotonic() + patient(timeout)
        while True:
            guest.console.send("\n")
            pause = min(end, time.monotonic() + 3)
            while time.monotonic() < pause:
                guest.console.pump(pause - time.monotonic())
                if re.compile(text, re.MULTILINE).search(guest.console.text, guest.console.mark):
                    guest.console.expect(text, timeout)
                    return
            if time.monotonic() >= end:
                raise Unexpected(f"no {text!r} however often Enter was pressed")
    return step


# --- a case ---------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Case:
    """One boot. `ends`: "root" (the root on the disk reported, marker and all), "shell" (the
    generator's shell), "off" (the guest ended by itself), "unseen" ("off", and the root was
    started, with another console), "said" (the dialogue is all)."""
    image: str
    # lib/disks.py; "scratch": the one that was made with the image
    disk: str | tuple[str, ...] = "tiny"
    dialogue: tuple[Step | tuple[Step, ...], ...] = answer()
    ends: str = "root"
    root: str = f"/dev/mapper/{images.NAME}"
    append: str = ""
    prompts: int = 1                    # how often the passphrase must have been asked for, exactly
    shows: tuple[str, ...] = ()         # regular expressions that the console must have shown
    hides: tuple[str, ...] = ()         # … must never show
    # must be in the last lines before the end (the reason, not scrolled away)
    last: str = ""
    after: tuple[Step, ...] = ()        # more dialogue, after the end was reached
    # looks at what the guest left on its disks, drive0.qcow2 and so on in the folder
    disks_after: Callable[[Path], None] | None = None
    screen: bool = False                # a screen and a keyboard are a console, too
    late: bool = False                  # the first disk is plugged in by the dialogue
    paths: int = 0                      # the guest sees the first disk so many times
    # from the last Enter to the mounted root, at most (0: no matter)
    seconds: float = 0
    memory: int = 1024
    cpu: str = ""
    cpus: int = 1
    # Does the kernel test its crypto? These tests are a fifth of all that an emulated boot costs.
    selftests: bool = False
    # what systemd-cryptenroll binds the disk to the guest's TPM with; None: there is no TPM
    tpm: tuple[str, ...] | None = None
    tpm_pin: str = ""
    tpm_changed: int | None = None      # a PCR that was another one then
    tpm_gone: bool = False              # it was there when the disk was bound to it
    network: bool = False               # with a network card and a way to its SSH server
    tang: bool = False                  # with a network card and a tang server at its other end
    junk: bytes = b""                   # behind the image, and no part of it
    kernel: str = ""                    # the tree whose kernel is started, when not the image's own
    # the swap (its UUID) that systemd has noted in UEFI's memory, as where it hibernated to
    hibernated: str = ""
    stack: str = MOUNTED                # what / lies on
    timeout: float = 90                 # for reaching the end after the dialogue


def disks_of(case: Case) -> tuple[str, ...]:
    """The names of its disks. An image that was made on a disk has pinned that disk's volume key:
    the ordinary small disk is then one with the same."""
    names = (case.disk,) if isinstance(case.disk, str) else case.disk
    spec = images.TABLE[case.image]
    if spec.guest in ("uml", "qemu") and spec.ours:
        return tuple(f"as-{images.disk_of(spec)}" if name == "tiny" else name for name in names)
    return names


LAST_LINES = 16


def machine(case: Case, folder: Path) -> tuple[Machine, Path]:
    initrd, kernel = images.image(case.image)
    if case.kernel:
        kernel = vmlinux.fast(debian.tree(case.kernel).kernel()[1])
    if case.screen:
        # Started directly, the kernel would not know of the screen.
        kernel = debian.tree(images.TABLE[case.image].tree).kernel()[1]
    if case.junk:
        initrd = folder / "with-junk"
        initrd.write_bytes(images.image(case.image)[0].read_bytes() + case.junk)
    marker = disks.marker(folder)
    names = disks_of(case)
    version = re.match(r"vmlinuz-(\d+)\.(\d+)", kernel.name)
    for since in (disks.TABLE[name].since for name in names if name != "scratch"):
        if version and tuple(map(int, version.groups())) < since:
            raise Missing(
                f"{kernel.name[8:]} cannot open {case.disk}, Linux {since[0]}.{since[1]} can: see "
                "modules/long-key-4096")
    drives = [Drive(images.folder(case.image) / "disk" if name == "scratch" else disks.disk(name),
                    serial=f"disk{number}", late=case.late and number == 0,
                    paths=0 if number else case.paths)
              for number, name in enumerate(names)] + [Drive(marker, "marker", keep=True)]
    tests = "" if case.selftests else " cryptomgr.notests"
    consoles = "console=tty0 console=ttyS0" if case.screen else "console=ttyS0"
    append = f"root={case.root} ro {consoles} quiet{tests} {case.append}".strip()
    made = Machine(kernel, initrd, append, drives, case.memory, cpus=case.cpus)
    if case.cpu:
        made.cpu = case.cpu
    if case.screen:
        made.extra += ["-vga", "std"]
    if case.network:
        remote.connect(made)
    if case.tang:
        clevis.serve(made, disks.folder("tang") / "server", folder)
    if case.hibernated:
        tree = debian.tree(images.TABLE[case.image].tree)
        efi.connect(made, folder, tree.kernel()[1], case.hibernated)
    return made, marker


def _bind(case: Case, made: Machine, folder: Path, stack: ExitStack) -> None:
    """The first disk is a copy with one more keyslot, and the guest has the TPM for it."""
    if case.tpm is None:
        return
    disk = folder / "bound"
    state = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
    run(["cp", "--sparse=always", made.drives[0].file, disk])
    made.drives[0] = dataclasses.replace(made.drives[0], file=disk)
    tpm.enrol(disk, state, disks.PASSPHRASE, case.tpm, case.tpm_pin, case.tpm_changed)
    if not case.tpm_gone:
        process = tpm.connect(made, state)
        stack.callback(process.wait)
        stack.callback(process.kill)


def boot(case: Case, folder: Path) -> None:
    """Carry out a case; raises when anything is not as the table says."""
    made, marker = machine(case, folder)
    with ExitStack() as stack:
        _bind(case, made, folder, stack)
        _boot(case, made, marker, folder)


def _boot(case: Case, made: Machine, marker: Path, folder: Path) -> None:
    with Qemu(made, folder) as guest:
        console = guest.console
        for item in case.dialogue:
            for step in item if isinstance(item, tuple) else (item,):
                step(guest)
        typed = console.elapsed()
        if case.ends == "root":
            found = console.expect("^INTACT-TEST-ROOT-OK", case.timeout,
                                   unless=rf"{SHELL}|Kernel panic")
            took = console.when(found.start()) - typed
            if case.seconds and took > case.seconds:
                raise Failed(f"{took:.1f} s from Enter to root, at most {case.seconds:.1f} wanted")
            if case.tpm is None or case.tpm_gone:
                guest.wait(30)
            else:
                console.expect("reboot: .*System halted", 30)
        elif case.ends == "shell":
            console.expect(SHELL, case.timeout, unless="INTACT-TEST-ROOT-OK|Kernel panic")
        elif case.ends in ("off", "unseen"):
            guest.wait(case.timeout)
        shown = console.text
        for step in case.after:
            step(guest)
        if case.disks_after:
            case.disks_after(folder)
    marked = disks.marked(marker)
    if case.ends in ("root", "unseen") and marked != case.stack:
        raise Failed(f"the marker disk says {marked or 'nothing'!r}, wanted {case.stack!r}")
    if case.ends not in ("root", "unseen") and marked:
        raise Failed("the root was started although it should not have been")
    for text in case.shows:
        if not re.search(text, shown, re.MULTILINE):
            raise Failed(f"the console never showed {text!r}")
    for text in case.hides:
        found = re.search(text, shown, re.MULTILINE)
        if found:
            raise Failed(f"the console showed {found.group(0)!r}")
    if case.last:
        end = [line for line in shown.splitlines() if line.strip()][-LAST_LINES:]
        if not re.search(case.last, "\n".join(end), re.MULTILINE):
            raise Failed(f"{case.last!r} is not among the last {LAST_LINES} lines")
    asked = questions.count(shown, PROMPT)
    if asked != case.prompts:
        raise Failed(f"the passphrase was asked for {asked} times, wanted {case.prompts}")
