# SPDX-License-Identifier: GPL-2.0-or-later
"""`intact check`: which entry is the default of each boot loader, what is said when none can be
looked at, and what is printed for a person to paste into a shell."""

import json
import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

from image.boots import (BAD, BLS, GOOD, HEAD, KERNEL, OLD, OPTIONS, SECTIONS, SUB, UUID, Files,
                         Row, ask, check, image, make, menu, unified, vmlinuz)
from image.boots_efi import told
from lib import cpio
from lib.proc import Failed

OF_BAD = ("not-started",)
ENTRIES = "boot/loader/entries/{}.conf"
OTHER = BLS.format(BAD).replace("Linux", "Other")
ESP: Files = {f"efi{OLD}": vmlinuz(KERNEL), f"efi{GOOD}": image(), f"efi{BAD}": image(start=False)}
WINDOWS = 'menuentry "Windows" {\nchainloader +1\n}\n'
PI: Files = {"boot/firmware/config.txt": "auto_initramfs=1\n",
             "boot/firmware/cmdline.txt": OPTIONS + "\n", "boot/firmware/kernel8.img": "x",
             "boot/firmware/kernel_2712.img": "x", "boot/firmware/initramfs8": image(),
             "boot/firmware/initramfs_2712": image(start=False)}


def grub(default: str, **environment: str) -> Files:
    env = "".join(f"{name}={value}\n" for name, value in environment.items())
    return {"boot/grub/grub.cfg": HEAD % default + menu("First", OLD, GOOD) + SUB,
            "boot/grub/grubenv": env}


def unified_of(name: str, start: bool) -> Files:
    parts = {**SECTIONS, ".initrd": image(start=start), ".osrel": b'NAME="X"\nID="x"\n'}
    return {f"efi/EFI/Linux/{name}": unified([parts])}


def with_bootconfig(data: bytes) -> bytes:
    text = b"a=1\0"
    return data + text + struct.pack("<II", len(text), sum(text)) + b"#BOOTCONFIG\n"


LIMINE = f"""timeout: 3
default_entry: %s
/+Top
  comment: of linux-tool
  //Good
  protocol: linux
  kernel_path: boot():{OLD}#{'ab' * 64}
  cmdline: {OPTIONS}
  module_path: boot():{GOOD}
  //Bad
  PROTOCOL: linux
  path: uuid(0b6d4a2b-01):{OLD}
  kernel_cmdline: {OPTIONS}
  module_path: uuid(0b6d4a2b-01):{BAD}
/Folded
  //Other
  protocol: multiboot2
  path: boot():/xen
/Windows
  protocol: efi
  image_path: boot():/EFI/Microsoft/Boot/bootmgfw.efi
/Last
  protocol: efi
  path: boot():/EFI/Linux/a.efi
  cmdline: {OPTIONS} rd.luks=0
"""
OF_LIMINE = {"Good": (), "Bad": OF_BAD, "a.efi": (), "Last": ("switched-off",)}


def limine(default: str, place: str = "boot/limine.conf") -> Files:
    esp = place.split("/")[0]
    return {f"{esp}{OLD}": vmlinuz(KERNEL), f"{esp}{GOOD}": image(), place: LIMINE % default,
            f"{esp}/EFI/Linux/a.efi": unified([SECTIONS])}


def syslinux(up: str, initrd: str, options: str = OPTIONS) -> str:
    return (f"DEFAULT arch\nUI menu.c32\nLABEL arch\n\tMENU LABEL Arch Linux\n\tLINUX {up}{OLD[1:]}"
            f"\n\tAPPEND {options}\n\tINITRD {up}{initrd[1:]}\n")


CUSTOM = """if [ -f  ${config_directory}/custom.cfg ]; then
  source ${config_directory}/custom.cfg
fi
"""
ALL = {"First": (), "Good": (), "Bad": OF_BAD}
ROWS: dict[str, Row] = {
    "grub-by-titles": (grub("More>Bad"), ALL, 1),
    # People's own entries, behind the others where 41_custom reads them.
    "grub-custom": ({"boot/grub/grub.cfg": HEAD % "1" + menu("First", OLD, GOOD) + CUSTOM,
                     "boot/grub/custom.cfg": menu("Mine", OLD, BAD)},
                    {"First": (), "Mine": OF_BAD}, 1),
    "grub-custom-not-read": ({"boot/grub/grub.cfg": HEAD % "0" + menu("First", OLD, GOOD),
                              "boot/grub/custom.cfg": menu("Mine", OLD, BAD)}, {"First": ()}, 0),
    "grub-by-mixed": (grub("1>id-Bad"), ALL, 1),
    "grub-saved-way": (grub("${saved_entry}", saved_entry="More>id-Bad"), ALL, 1),
    "grub-saved-bare": (grub("${saved_entry}", saved_entry="id-Bad"), ALL, 0),
    "grub-reboot": (grub("0", next_entry="More>Bad"), ALL, 1),
    "grub-first-is-menu": ({"boot/grub/grub.cfg": "submenu M {\n" + menu("Deep", OLD, BAD) + "}\n"},
                           {"Deep": OF_BAD}, 1),
    # Folded menus count as one entry; a default that is a menu is what is in it.
    **{f"limine-{name}": (limine(default, place), OF_LIMINE, code)
       for name, default, place, code in (
           ("first", "", "boot/limine.conf", 0), ("number", "2", "boot/limine/limine.conf", 0),
           ("bad", "3", "efi/EFI/BOOT/limine.conf", 1),
           ("way", "Top/Bad", "efi/EFI/limine/limine.conf", 1),
           ("beyond", "9", "boot/limine.conf", 0), ("unified", "6", "boot/limine.conf", 1))},
    # Nothing in /boot has the name of an image.
    "limine-folder": (
        {"boot/m/linux-x/vmlinuz": vmlinuz(KERNEL), "boot/m/linux-x/initramfs": image(),
         "boot/limine.conf": f"${{K}}=boot():/m/linux-x\n${{O}}={OPTIONS}\n/X\n\tprotocol: linux\n"
         "\tkernel_path: ${K}/vmlinuz\n\tmodule_path: ${K}/initramfs\n"
         "\tcmdline: ${O} ${NONE}rd.luks=0\n"}, {"X": ("switched-off",)}, 1),
    "limine-no-file": ({"boot/limine.conf": "/X\nprotocol: linux\npath: boot():/gone\n"
                        "module_path: boot():/gone\n"}, {"X": ("no-file",)}, 1),
    # The command line of the only entry needs an image, and it has none; or needs none.
    "no-initrd": ({"boot/grub/grub.cfg": f"menuentry X {{\nlinux {OLD} {OPTIONS}\n}}\n"},
                  {"X": ("no-initrd",)}, 1),
    "no-initrd-needed": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD)
                          + f"menuentry X {{\nlinux {OLD} root=PARTUUID=1-2\n}}\n"},
                         {"First": ()}, 0),
    "no-initrd-built-in": ({"boot/grub/grub.cfg": f"menuentry X {{\nlinux {OLD} {OPTIONS}\n}}\n",
                            f"boot/config-{KERNEL}": 'CONFIG_INITRAMFS_SOURCE="/usr/x"\n'},
                           {"X": ("not-read",)}, 1),
    # An entry of grub.cfg without an id, beside those of files.
    "blscfg-by-hand": ({"boot/grub2/grub.cfg": "blscfg\n" + WINDOWS,
                        ENTRIES.format("m-6.9"): BLS.format(GOOD),
                        ENTRIES.format("m-6.12"): OTHER}, {"Linux": (), "Other": OF_BAD}, 1),
    "blscfg-number": ({"boot/grub2/grub.cfg": 'set default="${saved_entry}"\nblscfg\n' + WINDOWS,
                       "boot/grub2/grubenv": "saved_entry=0\n",
                       ENTRIES.format("m-6.9"): BLS.format(GOOD),
                       ENTRIES.format("m-6.12"): OTHER}, {"Linux": (), "Other": OF_BAD}, 1),
    "boot-counting": ({**ESP, "efi/loader/loader.conf": "default z.conf\n",
                       "efi/loader/entries/c.conf": BLS.format(GOOD),
                       "efi/loader/entries/z+3.conf": OTHER}, {"Linux": (), "Other": OF_BAD}, 1),
    "boot-counted": ({**ESP, "efi/loader/entries/b.conf": BLS.format(GOOD),
                      "efi/loader/entries/c+0-3.conf": OTHER + "version 9.9\n"},
                     {"Linux": (), "Other": OF_BAD}, 0),
    "xbootldr": ({"efi/loader/loader.conf": "default c*\n",
                  ENTRIES.format("c"): OTHER, ENTRIES.format("b"): BLS.format(GOOD)},
                 {"Linux": (), "Other": OF_BAD}, 1),
    "unified-newest": ({**unified_of("l-6.9.efi", True), **unified_of("l-6.12.efi", False)},
                       {"l-6.9.efi": (), "l-6.12.efi": OF_BAD}, 1),
    # A sort key comes before those without one; unified images have theirs in them.
    "sort-key": ({**ESP, **unified_of("a.efi", False), "efi/loader/entries/z.conf":
                  BLS.format(GOOD)}, {"a.efi": OF_BAD, "Linux": ()}, 1),
    "sort-key-entry": ({**ESP, **unified_of("z.efi", False), "efi/loader/entries/a.conf":
                        BLS.format(GOOD) + "sort-key a\n"}, {"z.efi": OF_BAD, "Linux": ()}, 0),
    "extlinux-own-boot": ({"boot/extlinux/extlinux.conf":
                           f"label l0\nlinux {OLD}\ninitrd {GOOD}\nappend {OPTIONS}\n"},
                          {"l0": ()}, 0),
    "extlinux-no-boot": ({"boot/extlinux/extlinux.conf":
                          f"label l0\nlinux /boot{OLD}\ninitrd /boot{GOOD}\nappend {OPTIONS}\n"},
                         {"l0": ()}, 0),
    "extlinux-menu-default": (
        {"boot/extlinux/extlinux.conf":
         f"label l0\nlinux {OLD}\ninitrd {GOOD}\nappend {OPTIONS}\n"
         f"label l1\nmenu default\nlinux {OLD}\ninitrd {BAD}\nappend {OPTIONS}\n"},
        {"l0": (), "l1": OF_BAD}, 1),
    # syslinux's own file; one that nothing reads, the example of its package; and in other folders.
    "syslinux": ({"boot/syslinux/syslinux.cfg": syslinux("../", GOOD, OPTIONS + " rd.luks=0"),
                  "boot/syslinux/ldlinux.sys": "x"}, {"Arch Linux": ("switched-off",)}, 1),
    "syslinux-example": ({"boot/syslinux/syslinux.cfg": syslinux("../", BAD, "root=/dev/sda3"),
                          "boot/grub/grub.cfg": menu("First", OLD, GOOD)}, {"First": ()}, 0),
    "syslinux-efi": ({**ESP, "efi/EFI/syslinux/syslinux.cfg": syslinux("../../", BAD),
                      "efi/EFI/syslinux/syslinux.efi": "MZ"}, {"Arch Linux": OF_BAD}, 1),
    "extlinux-top": ({"boot/extlinux.conf": syslinux("", BAD),
                      "boot/ldlinux.sys": "x"}, {"Arch Linux": OF_BAD}, 1),
    "raspberry-any": (PI, {"Raspberry Pi": (), "Raspberry Pi 5": OF_BAD}, 0),
    "bootconfig": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD),
                    f"boot{GOOD}": with_bootconfig(image())}, {"First": ()}, 0),
    "bootconfig-altered": ({"boot/grub/grub.cfg": menu("First", OLD, GOOD),
                            f"boot{GOOD}": with_bootconfig(image())[:-13] + b"x#BOOTCONFIG\n"},
                           {"First": ("junk",)}, 0),
}
# A running system on sda1, and a disk with another one.
TWO_DISKS: Files = {"etc/fstab": "/dev/sda1 / ext4 defaults 0 1\n",
                    "proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n",
                    "sys/class/block/sda1/dev": "8:1\n", "sys/class/block/sdb1/dev": "8:17\n",
                    "dev/sda1": "", "dev/sdb1": "",
                    "sys/dev/block/8:1": Path("../../class/block/sda1")}
# The running system is on the volume on sda2, of which the image has the UUID.
ON_VOLUME: Files = {
    "proc/self/mountinfo": "1 0 253:1 / / rw - ext4 /dev/mapper/root rw\n",
    "sys/class/block/dm-1/dm/name": "root\n", "sys/class/block/dm-0/dm/name": "root_dif\n",
    "sys/class/block/dm-1/dm/uuid": f"CRYPT-LUKS2-{UUID.replace('-', '')}-root\n",
    "sys/class/block/dm-0/dm/uuid": f"CRYPT-SUBDEV-{UUID.replace('-', '')}-root_dif\n",
    "sys/class/block/dm-1/slaves/dm-0/dev": "", "sys/class/block/dm-0/slaves/sda2/dev": "",
    "dev/mapper/root": Path("../dm-1"), f"dev/disk/by-uuid/{UUID}": Path("../../sda2"),
    **{name: text for device, number in (("sda2", "8:2"), ("dm-0", "253:0"), ("dm-1", "253:1"))
       for name, text in ((f"sys/class/block/{device}/dev", f"{number}\n"), (f"dev/{device}", ""),
                          (f"sys/dev/block/{number}", Path(f"../../class/block/{device}")))}}
THREE: Files = {**ESP, "efi/loader/entries/a.conf": BLS.format(GOOD),
                "efi/loader/entries/b.conf": OTHER,
                "efi/loader/entries/c.conf": BLS.format(GOOD).replace("Linux", "Third")}
OF_THREE = {"Linux": (), "Other": OF_BAD, "Third": ()}
MODEL = "proc/device-tree/model"
HERE: dict[str, Row] = {
    "raspberry-5": ({**PI, MODEL: "Raspberry Pi 5 Model B Rev 1.0\0"}, {"Raspberry Pi": OF_BAD}, 1),
    "raspberry-4": ({**PI, MODEL: "Raspberry Pi 4 Model B Rev 1.4\0"}, {"Raspberry Pi": ()}, 0),
    "other-root": ({**TWO_DISKS, "boot/grub/grub.cfg":
                    menu("First", OLD, GOOD, OPTIONS.replace("/dev/mapper/root", "/dev/sdb1"))},
                   {"First": ("other-root",)}, 0),
    **{f"root-encrypted-{name}": (
        {**ON_VOLUME, "boot/grub/grub.cfg": menu("First", OLD, GOOD, f"root={root} ro")},
        {"First": ("no-root",)}, 1) for name, root in (("node", "/dev/sda2"),
                                                       ("uuid", f"UUID={UUID}"))},
    **{f"root-{name}": (
        {**ON_VOLUME, "boot/grub/grub.cfg": menu("First", OLD, GOOD, f"root={root} ro")},
        {"First": found}, code)
       for name, root, found, code in (("nfs", "/dev/nfs", (), 0), ("fetched", "/dev/root", (), 0),
                                       ("gone", "/dev/nothing", ("no-root",), 1))},
    "root-on-volume": ({**ON_VOLUME, "boot/grub/grub.cfg": menu("First", OLD, GOOD)},
                       {"First": ()}, 0),
    "saved-by-systemd-boot": ({**THREE, "efi/loader/loader.conf": "default @saved\n",
                               **told(LoaderEntryLastBooted="b.conf")}, OF_THREE, 1),
    "once-gone": ({**THREE, **told(LoaderEntryOneShot="gone.conf", LoaderEntryDefault="b.conf")},
                  OF_THREE, 1),
}


def of_system(files: Files, *options: str) -> tuple[str, int]:
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        make(root, files)
        text, code = ask("--root", root, *options)
        return text.replace(scratch, ""), code


def unknown() -> None:
    """The default is no Linux with an image: that is said, and no success."""
    text, code = of_system({"boot/grub/grub.cfg": WINDOWS + menu("First", OLD, GOOD)})
    if code != 1 or 'GRUB starts "Windows" by default, which was not looked at' not in text:
        raise Failed(f"exit {code}: {text}")


def remedies(files: Files) -> list[str]:
    """What is printed to be done about all faults that are fatal."""
    text, _ = of_system(files, "--json")
    return [fault["remedy"] for entry in json.loads(text) for fault in entry["faults"]
            if fault["severity"] == "error" and fault["kind"] != "system"]


def dracut(start: bool = False) -> bytes:
    """An image of dracut in which nothing starts intact."""
    return image(start=start, more=(cpio.file("lib/dracut", ""),)).replace(
        b"scripts/functions", b"scripts/funktions")


HOSTILE = "x;$(id)|`w`'&.img"
QUOTED = "'/boot/x;$(id)|`w`'\\''&.img'"
PRINTED: dict[str, tuple[Files, str]] = {
    "dracut": ({"boot/grub/grub.cfg": menu("F", OLD, BAD), f"boot{BAD}": dracut()},
               f"dracut -f /boot{BAD} {KERNEL}"),
    # The image in it is dracut's, but dracut would write only that.
    "unified": ({"efi/EFI/Linux/a.efi": unified([{**SECTIONS, ".initrd": dracut()}])},
                "make /efi/EFI/Linux/a.efi anew with the program that made this unified kernel "
                "image (for example kernel-install, ukify or dracut --uefi)"),
    "unified-only": ({"boot/grub/grub.cfg": menu("F", OLD, f"{BAD} /extra.cpio"),
                      f"boot{BAD}": dracut(),
                      "boot/extra.cpio": cpio.pack([cpio.file("x", "y")])},
                     f"dracut -f /boot{BAD} {KERNEL}"),
    "extra-damaged": ({"boot/grub/grub.cfg": menu("F", OLD, f"{BAD} /extra.cpio"),
                       f"boot{BAD}": dracut(), "boot/extra.cpio": b"junk"},
                      "make /boot/extra.cpio anew"),
    "shell-path": ({"boot/loader/entries/a.conf": BLS.format(f"/{HOSTILE}"),
                    f"boot/{HOSTILE}": dracut()}, f"dracut -f {QUOTED} {KERNEL}"),
    "shell-version": ({"boot/loader/entries/a.conf": BLS.format(BAD).replace(KERNEL, "6.1;$(id)")
                       .replace("/vmlinuz-6.1;$(id)", "/k"), "boot/k": "MZ",
                       f"boot{BAD}": dracut()}, "dracut -f --regenerate-all"),
    "shell-option": ({"boot/loader/entries/a.conf": BLS.format(BAD).replace(KERNEL, "--include")
                      .replace("/vmlinuz---include", "/k"), "boot/k": "MZ",
                      f"boot{BAD}": image(start=False, kernel="--include")},
                    "update-initramfs -u -k all"),
}


def prints(name: str) -> None:
    files, expected = PRINTED[name]
    found = remedies(files)
    if not found or not all(remedy.endswith(expected) for remedy in found):
        raise Failed(f"{found}\nexpected {expected}")


def not_there() -> None:
    """The path that is named is the one that the entry means."""
    text, code = of_system({"boot/grub/grub.cfg": menu("F", "/boot/vmlinuz-gone", GOOD)})
    if code != 1 or "names /boot/vmlinuz-gone, which is not there" not in text:
        raise Failed(f"exit {code}: {text}")


def own_file() -> None:
    """What is wrong is said of the file that has the entry."""
    for files in ({"efi/loader/loader.conf": "default a\n",
                   "efi/loader/entries/a.conf": BLS.format(GOOD)},
                  {"boot/grub2/grub.cfg": "blscfg\n", ENTRIES.format("a"): BLS.format("/gone")}):
        text, code = of_system(files)
        if code != 1 or "/loader/entries/a.conf (" not in text:
            raise Failed(f"exit {code}: {text}")


def pipes() -> None:
    """No file of a boot loader is waited for."""
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        make(root, {"boot/grub/grub.cfg": menu("First", OLD, GOOD)})
        for name in ("boot/loader/entries/x.conf", "boot/loader/loader.conf", "boot/grub2/grub.cfg",
                     "boot/grub/grubenv", f"boot/config-{KERNEL}", "boot/config.txt",
                     "boot/extlinux/extlinux.conf", "efi/EFI/Linux/x.efi",
                     "efi/EFI/refind/refind.conf", "etc/default/grub"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(root / name)
        text, _ = ask("--root", root, "--json")
    if [entry for entry in json.loads(text) if entry["title"] == "First" and not entry["boots"]]:
        raise Failed(text)


CHECKS: dict[str, Callable[[], None]] = {
    **{f"default-{name}": lambda row=row: check(row) for name, row in ROWS.items()},
    **{f"default-{name}": lambda row=row: check(row, "--sysroot") for name, row in HERE.items()},
    **{f"prints-{name}": lambda name=name: prints(name) for name in PRINTED},
    "default-unknown": unknown, "not-there": not_there, "own-file": own_file, "pipes": pipes}
