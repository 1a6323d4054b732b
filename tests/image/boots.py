# SPDX-License-Identifier: GPL-2.0-or-later
"""`intact check` on the boot entries of made-up systems: a kernel with everything built in, small
images, and the configurations of boot loaders as their programs write them."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib import cpio, ours
from lib.patience import patient
from lib.proc import Failed, run
from selftest.whole import program

KERNEL = "6.1.0-9-amd64"
UUID = "1a7ac700-0000-4000-8000-000000000001"
OPTIONS = "root=/dev/mapper/root ro quiet"
LATER = "local-premount", "local-bottom", "init-bottom"
BUILTIN = "".join(f"kernel/{name}.ko\n" for name in (
    "dm-mod", "dm-bufio", "dm-crypt", "dm-integrity", "crypto_user"))


def vmlinuz(version: str) -> bytes:
    """The head of a kernel for x86, with its version."""
    head = bytearray(0x400)
    head[:2] = b"MZ"
    head[0x202:0x206] = b"HdrS"
    head[0x20e:0x210] = struct.pack("<H", 0x100)
    text = f"{version} (builder) #1".encode() + b"\0"
    head[0x300:0x300 + len(text)] = text
    return bytes(head)


def image(uuid: str = UUID, start: bool = True, kernel: str = KERNEL,
          more: tuple[cpio.Entry, ...] = ()) -> bytes:
    """An image of initramfs-tools, as far as it is looked at."""
    files = [cpio.file("init", "#!/bin/sh\n", 0o755), cpio.file("bin/sh", program(), 0o755),
             cpio.file("sbin/intact-unlock", program(), 0o755), cpio.file("scripts/functions", ""),
             cpio.file("scripts/local", "run_scripts /scripts/local-top\n"),
             *(cpio.file(f"scripts/{folder}/ORDER", f"/scripts/{folder}/intact\n")
               for folder in ("local-top", *LATER)),
             *(cpio.file(f"scripts/{folder}/intact", "#!/bin/sh\n/sbin/intact-unlock\n", 0o755)
               for folder in LATER),
             cpio.file(f"lib/modules/{kernel}/modules.builtin", BUILTIN),
             cpio.file("etc/intact/crypttab", f"root UUID={uuid} none luks\n"), *more]
    if start:
        files.append(cpio.file("scripts/local-top/intact", "#!/bin/sh\n/sbin/intact-unlock\n",
                               0o755))
    return cpio.pack(files)


def unified(profiles: list[dict[str, bytes]]) -> bytes:
    """A unified kernel image with these sections; from the second on, those of further profiles."""
    sections = list(profiles[0].items())
    sections += [(".profile", b"ID=main")] if profiles[1:] else []
    for parts in profiles[1:]:
        sections += [(".profile", b"ID=x"), *parts.items()]
    at = 0x40 + 24 + 40 * len(sections)
    table, data = b"", b""
    for name, content in sections:
        table += name.encode().ljust(8, b"\0") + struct.pack(
            "<IIII", len(content), 0, len(content), at + len(data)) + bytes(16)
        data += content
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 0x40)
    return head + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 0,
                                          0) + table + data


def menu(title: str, kernel: str, initrd: str, options: str = OPTIONS, more: str = "") -> str:
    return (f"menuentry '{title}' --class os $menuentry_id_option 'id-{title}' {{\n"
            f"\tload_video\n\tif [ x$grub_platform = xxen ]; then insmod xzio; fi\n{more}"
            f"\techo 'Loading …'\n\tlinux {kernel} {options}\n\tinitrd {initrd}\n}}\n")


HEAD = """if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
else
   set default="%s"
fi
if [ x"${feature_menuentry_id}" = xy ]; then
  menuentry_id_option="--id"
else
  menuentry_id_option=""
fi
function recordfail {
  set recordfail=1
}
"""
OLD, NEW = f"/vmlinuz-{KERNEL}", "/vmlinuz-new"
GOOD, BAD = f"/initrd.img-{KERNEL}", "/initrd.img-bad"
SUB = "submenu 'More' --class os {\n" + menu("Good", OLD, GOOD) + menu("Bad", OLD, BAD) + "}\n"
BLS = f"title Linux\nversion {KERNEL}\nlinux {OLD}\ninitrd {{}}\noptions {OPTIONS}\noptions $more\n"
SECTIONS = {".osrel": b"ID=x\n", ".cmdline": OPTIONS.encode(), ".linux": vmlinuz(KERNEL),
            ".uname": KERNEL.encode(), ".initrd": image()}
BOOT = {f"boot{OLD}": vmlinuz(KERNEL), f"boot{GOOD}": image(), f"boot{BAD}": image(start=False)}
KEYMAP_OF_DEBIAN = {"boot/grub/grub.cfg": menu("First", OLD, GOOD),
                    "etc/default/keyboard": 'XKBMODEL="pc105"\nXKBLAYOUT="de"\nXKBVARIANT=""\n'}
EXTLINUX = f"default l0\nlabel l0\n\tmenu label X\n\tlinux ../{OLD}\n\tinitrd ../{GOOD}\n\tappend "


@dataclass(frozen=True)
class Old:
    """A file that was written long before the others."""
    text: bytes | str


# A path is the target of a symbolic link.
Files = dict[str, bytes | str | Old | Path]
# A row: a name → files of the system; the verdict of each entry that is judged: its title, the
# kinds of its faults; and the exit code.
Row = tuple[Files, dict[str, tuple[str, ...]], int]
ROWS: dict[str, Row] = {
    "grub": ({"boot/grub/grub.cfg": HEAD % "0" + menu("First", OLD, GOOD) + SUB},
             {"First": (), "Good": (), "Bad": ("not-started",)}, 0),
    "grub-default-in-submenu": (
        {"boot/grub/grub.cfg": HEAD % "1>1" + menu("First", OLD, GOOD) + SUB},
        {"First": (), "Good": (), "Bad": ("not-started",)}, 1),
    "grub-nested-by-hand": (
        {"boot/grub/grub.cfg": "set default='1>0>0'\n" + menu("First", OLD, GOOD)
         + "submenu A { submenu 'B' {\n" + menu("Deep", OLD, BAD) + "} }\n"},
        {"First": (), "Deep": ("not-started",)}, 1),
    "grub-saved": (
        {"boot/grub/grub.cfg": HEAD % "${saved_entry}" + menu("First", OLD, GOOD) + SUB,
         "boot/grub/grubenv": "# GRUB Environment Block\nsaved_entry=More>id-Bad\n####"},
        {"First": (), "Good": (), "Bad": ("not-started",)}, 1),
    "grub-no-file": ({"boot/grub/grub.cfg": menu("First", OLD, "/initrd.img-none")},
                     {"First": ("no-file",)}, 1),
    "grub-other-kernel": (
        {"boot/grub/grub.cfg": menu("First", NEW, GOOD), f"boot{NEW}": vmlinuz("6.2.0")},
        {"First": ("other-kernel",)}, 1),
    "grub-early-microcode": (
        {"boot/grub/grub.cfg": menu("First", OLD, f"/ucode.img {GOOD}"),
         "boot/ucode.img": cpio.pack([cpio.file("kernel/x86/microcode/x.bin", b"x")])},
        {"First": ()}, 0),
    "grub-subvolume": ({"boot/grub/grub.cfg": menu("First", f"/@/boot{OLD}", f"/@/boot{GOOD}")},
                       {"First": ()}, 0),
    "grub-encrypted-root": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD,
                                                        f"root=UUID={UUID} ro quiet")},
                            {"First": ("no-root",)}, 1),
    # ZFS names the dataset that the path is in.
    "grub-dataset": ({"boot/grub/grub.cfg": menu("First", f"/BOOT/os_1@{OLD}", f"/BOOT/os_1@{GOOD}")
                      + menu("Root", f"/ROOT/os@/boot{OLD}", f"/ROOT/os@/boot{BAD}")},
                     {"First": (), "Root": ("not-started",)}, 0),
    # Xen is the kernel, and Linux a module; Hurd's modules are no Linux.
    "grub-xen": ({"boot/grub/grub.cfg": "menuentry X {\nmultiboot2 /xen.gz placeholder edd=off\n"
                  f"module2 {OLD} placeholder {OPTIONS} rd.luks=0\nmodule2 --nounzip {BAD}\n"
                  "module2 /policy\n}\nmenuentry Hurd {\nmultiboot /gnumach root=part:1:d0\n"
                  "module /hurd/ext2fs.static ext2fs --exec\nmodule /lib/ld.so exec\n}\n"},
                 {"X": ("not-started", "switched-off")}, 1),
    # What os-prober found is not ours, and its disk may be away; nor is what a disc image has.
    "grub-other-systems": (
        {"boot/grub/grub.cfg": menu("First", OLD, GOOD)
         + menu("Fedora", "/vmlinuz-6.8", "/initramfs-6.8").replace("id-", "osprober-gnulinux-")
         + menu("ISO", "(loop)/live/vmlinuz", "(loop)/live/initrd", "boot=live",
                "\tloopback loop /grml.iso\n")}, {"First": ()}, 0),
    # No system of ours: a memory test, a chain, and what is left of a configuration by hand.
    "grub-others": (
        {"boot/grub/grub.cfg": menu("First", OLD, GOOD)
         + "menuentry 'Memory' { linux16 /memtest.bin }\nmenuentry \"W\" {\nchainloader +1\n}\n"
         "}}\n{ { menuentry 'cut"}, {"First": ()}, 0),
    "blscfg": ({"boot/grub2/grub.cfg": "set default=\"${saved_entry}\"\nblscfg\n",
                "boot/grub2/grubenv": "saved_entry=b\n",
                "boot/loader/entries/a.conf": BLS.format(GOOD + " $none"),
                "boot/loader/entries/b.conf": BLS.format(BAD).replace("Linux", "Other")},
               {"Linux": (), "Other": ("not-started",)}, 1),
    # The kernel has no version that can be read, and these are none.
    **{f"no-version-{name}": (
        {"boot/loader/entries/a.conf": BLS.format(GOOD).replace(f"version {KERNEL}",
                                                                f"version {version}")
         .replace(OLD, kernel), f"boot{kernel}": "MZ"}, {"Linux": ()}, 0)
       for name, version, kernel in (
           ("ostree", "1", OLD), ("word", "1", "/vmlinuz-linux"),
           ("snapshot", f"1@{KERNEL}", "/linux-0cea0fc387"),
           ("text", f"Generation 1 of OS 1.2, Linux {KERNEL}", "/k"))},
    "version-of-snapshot": (
        {"boot/loader/entries/a.conf": BLS.format(GOOD).replace(f"version {KERNEL}",
                                                                "version 1@6.2.0-1-default")
         .replace(OLD, "/linux-0cea"), "boot/linux-0cea": "MZ"}, {"Linux": ("other-kernel",)}, 1),
    "systemd-boot": ({"efi/loader/loader.conf": "timeout 3\ndefault a*.conf\n",
                      "efi/loader/entries/a+3-0.conf": BLS.format(GOOD),
                      "efi/loader/entries/b.conf": BLS.format(BAD).replace("Linux", "Other"),
                      f"efi{OLD}": vmlinuz(KERNEL), f"efi{GOOD}": image(),
                      f"efi{BAD}": image(start=False)},
                     {"Linux": (), "Other": ("not-started",)}, 0),
    "unified": ({"efi/EFI/Linux/a.efi": unified([SECTIONS])}, {"a.efi": ()}, 0),
    "unified-profile": (
        {"efi/EFI/Linux/a.efi": unified([SECTIONS, {".cmdline": b"single"},
                                         {".initrd": image(start=False)}])},
        {"a.efi": (), "a.efi, profile 1": (), "a.efi, profile 2": ("not-started",)}, 0),
    "unified-cut": ({"efi/EFI/Linux/a.efi": unified([SECTIONS])[:3000]},
                    {"a.efi": ("damaged",)}, 1),
    "unified-uname": ({"efi/EFI/Linux/a.efi": unified([{**SECTIONS, ".uname": b"6.2.0"}])},
                      {"a.efi": ("other-kernel",)}, 1),
    "unified-other-program": ({"efi/EFI/Linux/a.efi": unified([{".text": b"x"}]),
                               "boot/grub/grub.cfg": menu("First", OLD, GOOD)}, {"First": ()}, 0),
    "extlinux": ({"boot/extlinux/extlinux.conf": EXTLINUX + OPTIONS + "\n"}, {"X": ()}, 0),
    "extlinux-append": (
        {"boot/extlinux/extlinux.conf":
         f"LABEL l0\nKERNEL ../{OLD}\nAPPEND initrd=../{BAD} {OPTIONS}\n"},
        {"l0": ("not-started",)}, 1),
    "raspberry": ({"boot/firmware/config.txt": "auto_initramfs=1\n[pi3]\nkernel=x\n",
                   "boot/firmware/cmdline.txt": OPTIONS + "\n", "boot/firmware/kernel8.img": "x",
                   "boot/firmware/initramfs8": image(start=False)},
                  {"Raspberry Pi": ("not-started",)}, 1),
    "raspberry-folder": (
        {"boot/firmware/config.txt": "[all]\nkernel=vmlinuz\ncmdline=boot.txt\n"
         "initramfs initrd.img followkernel\nos_prefix=current/\n[tryboot]\nos_prefix=new/\n",
         "boot/firmware/cmdline.txt": OPTIONS, "boot/firmware/current/vmlinuz": "x",
         "boot/firmware/current/boot.txt": OPTIONS + " rd.luks=0\n",
         "boot/firmware/current/initrd.img": image()}, {"Raspberry Pi": ("switched-off",)}, 1),
    # The system's word counts in the order in which the generator reads its files.
    "keymap": ({**KEYMAP_OF_DEBIAN, "etc/vconsole.conf": "KEYMAP=us\n"},
               {"First": ("no-keymap",)}, 0),
    "keymap-kernels": ({**KEYMAP_OF_DEBIAN, "etc/default/keyboard": 'XKBLAYOUT="us,de"\n',
                        "etc/vconsole.conf": "KEYMAP=de\n"}, {"First": ()}, 0),
    "keymap-variant": ({**KEYMAP_OF_DEBIAN, "etc/default/keyboard":
                        'XKBLAYOUT="us"\nXKBVARIANT="dvorak"\n'}, {"First": ("no-keymap",)}, 0),
    "keymap-vconsole": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD),
                         "etc/vconsole.conf": "# KEYMAP=us\nKEYMAP=de-latin1\n"},
                        {"First": ("no-keymap",)}, 0),
    "keymap-other-file": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD),
                           "etc/vconsole.conf": "XKBLAYOUT=fr\n"}, {"First": ("no-keymap",)}, 0),
    "keymap-there": ({**KEYMAP_OF_DEBIAN, f"boot{GOOD}": image(more=(
        cpio.file("bin/loadkeys", program(), 0o755),
        cpio.file("etc/boottime.kmap.gz", "x")))}, {"First": ()}, 0),
    "keymap-splash": ({**KEYMAP_OF_DEBIAN, f"boot{GOOD}": image(more=(
        cpio.file("keymap.bin", "x"), cpio.file("usr/sbin/plymouthd", program(), 0o755),
        cpio.file("usr/share/X11/xkb/symbols/de", "x"),
        cpio.file(f"lib/modules/{KERNEL}/modules.builtin", "kernel/drivers/input/evdev.ko")))},
                      {"First": ("splash-keymap",)}, 0),
    # Whoever builds images has no boot loader.
    "images-alone": ({}, {"": (), "bad": ("not-started",)}, 1),
    "other-disk": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD),
                    f"boot{GOOD}": image(uuid=UUID[::-1])}, {"First": ("other-disk",)}, 1),
}


def make(root: Path, files: Files, boot: Files | None = None) -> None:
    tree = root / "lib/modules" / KERNEL
    system: Files = {"etc/fstab": "/dev/mapper/root / ext4 defaults 0 1\n",
                     "etc/crypttab": f"root UUID={UUID} none luks\n",
                     f"lib/modules/{KERNEL}/modules.builtin": BUILTIN,
                     f"lib/modules/{KERNEL}/modules.order": ""}
    for name, content in {**system, **(BOOT if boot is None else boot), **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            path.symlink_to(content)
            continue
        text = content.text if isinstance(content, Old) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if isinstance(content, Old):
            os.utime(path, (path.stat().st_mtime - 9999,) * 2)
    run(["depmod", "-b", root, tree.name])


def ask(*options: str | Path) -> tuple[str, int]:
    done = subprocess.run([ours.program(ours.TOOL), "check", *options],
                          capture_output=True, text=True, check=False, timeout=patient(20))
    return done.stdout + done.stderr, done.returncode


# Warnings and notes that a row names, beside the faults that stop the boot.
NAMED = ("addon", "old-cmdline", "not-reached", "no-keymap", "other-keymap", "splash-keymap",
         "not-read", "other-root", "junk")


def check(row: Row, where: str = "--root") -> None:
    files, expected, code = row
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        make(root, files)
        text, exit_code = ask(where, root, "--json")
    try:
        said = json.loads(text)
    except json.JSONDecodeError as error:
        raise Failed(f"{error}: {text}") from error
    found = {entry.get("title", os.path.basename(entry["image"]).removeprefix("initrd.img-")
                       .removeprefix(KERNEL)):
             tuple(fault["kind"] for fault in entry["faults"]
                   if (fault["severity"] == "error" or fault["kind"] in NAMED)
                   and fault["kind"] != "system")
             for entry in said}
    if found != expected or exit_code != code:
        raise Failed(f"exit {exit_code}, expected {code}\n{found}\nexpected {expected}\n{text}")


def not_mounted() -> None:
    """What is in the folder is not what the boot sees."""
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        make(root, {})
        options = ("--sysroot", root, "--image", root / f"boot{GOOD}", "--kernel", KERNEL)
        before = ask(*options)[0]
        with (root / "etc/fstab").open("a") as file:
            file.write("UUID=1-1 /boot ext4 defaults 0 2\n")
        after = ask(*options)[0]
        if "not mounted" in before or "/boot is in /etc/fstab and not mounted now" not in after:
            raise Failed(f"{before}\n{after}")


def nothing() -> None:
    """Neither an entry nor an image: it is said, and it is a failure."""
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        text, code = ask("--root", Path(scratch))
        if code != 1 or "is /boot mounted?" not in text:
            raise Failed(f"exit {code}: {text}")


def no_permission() -> None:
    """What a user may not read is named, and what root would see is not guessed at."""
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        make(root, {"boot/grub/grub.cfg": menu("First", OLD, GOOD)})
        program_here = shutil.copy(ours.program(ours.TOOL), root / "intact")
        root.chmod(0o755)
        (root / "boot/grub/grub.cfg").chmod(0o600)
        done = subprocess.run([program_here, "check", "--root", root], capture_output=True,
                              text=True, check=False, timeout=patient(20), user=65534,
                              group=65534, extra_groups=[])
    if done.returncode != 1 or done.stdout or \
            "grub.cfg cannot be read: root would see more entries" not in done.stderr:
        raise Failed(f"exit {done.returncode}: {done.stdout}{done.stderr}")


def side_by_side() -> None:
    """With one processor and with all of them, the same is said in the same order."""
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        files = dict(ROWS["systemd-boot"][0])
        for n in range(9):
            files[f"efi/EFI/Linux/u{n}.efi"] = unified([
                {**SECTIONS, ".initrd": image(start=n % 2 > 0)}, {".cmdline": b"rd.luks=0"}])
        make(root, files)
        both = [subprocess.run([*where, ours.program(ours.TOOL), "check", "--root", root],
                               capture_output=True, text=True, check=False, timeout=patient(60))
                for where in (["taskset", "-c", str(min(os.sched_getaffinity(0)))], [])]
        one, all_ = (done.stdout for done in both)
        if one != all_ or one.count("profile 1") != 9 or one.count("switched-off") or \
                one.count("rd.luks") != 9 or any(done.stderr for done in both):
            raise Failed(f"{one}\n{all_}\n{both[0].stderr}{both[1].stderr}")


CHECKS: dict[str, Callable[[], None]] = {
    **{name: lambda row=row: check(row) for name, row in ROWS.items()}, "nothing": nothing,
    "not-mounted": not_mounted, "no-permission": no_permission, "side-by-side": side_by_side}
