# SPDX-License-Identifier: GPL-2.0-or-later
"""`intact check` on what programs of UEFI start: add-ons of unified kernel images, rEFInd, entries
of the firmware; and on command lines that are older than the settings they were made from."""

import json
import struct
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from image.boots import (BAD, BLS, GOOD, HEAD, KERNEL, OLD, OPTIONS, SECTIONS, Files, Old, Row,
                         ask, check, image, make, menu, unified, vmlinuz)
from lib import cpio
from lib.proc import Failed
from selftest.whole import program

# --- add-ons -----------------------------------------------------------------------------------

UKI = "efi/EFI/Linux/a.efi"
OFF = {".cmdline": b"rd.luks=0"}
NOT_STARTED = {**SECTIONS, ".initrd": image(start=False)}
START = cpio.pack([cpio.file("scripts/local-top/intact", "#!/bin/sh\n/sbin/intact-unlock\n",
                             0o755)])
MICROCODE = cpio.pack([cpio.file("kernel/x86/microcode/x.bin", b"x")])
SOUND: dict[str, tuple[str, ...]] = {"a.efi": ()}

ADDONS: dict[str, Row] = {
    "addon": ({UKI: unified([SECTIONS]), f"{UKI}.extra.d/x.addon.efi": unified([OFF])},
              {"a.efi": ("switched-off",)}, 1),
    "addon-for-all": ({UKI: unified([SECTIONS]), "efi/loader/addons/x.ADDON.EFI": unified([OFF])},
                      {"a.efi": ("switched-off",)}, 1),
    "addon-with-files": ({UKI: unified([NOT_STARTED]),
                          f"{UKI}.extra.d/x.addon.efi": unified([{".initrd": START}])}, SOUND, 0),
    "addon-with-microcode": ({UKI: unified([SECTIONS]),
                              f"{UKI}.extra.d/x.addon.efi": unified([{".ucode": MICROCODE}])},
                             SOUND, 0),
    "addon-with-damage": ({UKI: unified([SECTIONS]),
                           f"{UKI}.extra.d/x.addon.efi": unified([{".initrd": b"no image"}])},
                          {"a.efi": ("junk",)}, 0),
    "addon-counted": ({"efi/EFI/Linux/a+3-0.efi": unified([SECTIONS]),
                       f"{UKI}.extra.d/x.addon.efi": unified([OFF])},
                      {"a+3-0.efi": ("switched-off",)}, 1),
    # For another kernel; an image itself; another ending; for another image; nothing of use in it.
    "addon-others": ({UKI: unified([SECTIONS]),
                      f"{UKI}.extra.d/a.addon.efi": unified([{**OFF, ".uname": b"6.2.0"}]),
                      f"{UKI}.extra.d/b.addon.efi": unified([{**OFF, ".linux": b"x"}]),
                      f"{UKI}.extra.d/c.efi": unified([OFF]),
                      f"{UKI}.extra.d/d.addon.efi": unified([{".text": b"x"}]),
                      f"{UKI}.extra.d/e.addon.efi": unified([{".cmdline": b"quiet"}]),
                      "efi/EFI/Linux/b.efi.extra.d/a.addon.efi": unified([OFF])}, SOUND, 0),
    "addon-cut": ({UKI: unified([SECTIONS]),
                   f"{UKI}.extra.d/x.addon.efi": unified([OFF])[:-4]}, {"a.efi": ("addon",)}, 0),
    # What an entry gives takes the place of what is in the image, after the number of a profile.
    "unified-options": (
        {"efi/loader/entries/x.conf": "title X\nuki /a.efi\noptions @1 rd.luks=0\n",
         "efi/loader/entries/y.conf": "title Y\nuki /a.efi\nprofile 1\n",
         "efi/loader/entries/z.conf": "title Z\nuki /a.efi\noptions @2\n",
         "efi/loader/loader.conf": "default y\n",
         "efi/a.efi": unified([{**SECTIONS, ".cmdline": b"rd.luks=0"}, {".cmdline": b"quiet"}])},
        {"X": ("switched-off",), "Y": (), "Z": ("no-profile",)}, 0),
}

# --- rEFInd ------------------------------------------------------------------------------------

CONF = "boot/efi/EFI/refind/refind.conf"
LINES = f'"Standard" "{OPTIONS}"\n# "None" "x"\n"Off" "ro rd.luks=0"\n'
NAME = OLD.lstrip("/")
FOUND: dict[str, tuple[str, ...]] = {NAME: (), f"{NAME}: Off": ("switched-off",)}
STANZA = f"""timeout 20
menuentry "A" {{
    loader {OLD}
    volume ROOT
    initrd {GOOD}
    options "{OPTIONS}"
    submenuentry B {{
        initrd {BAD}
    }}
    submenuentry "C" {{
        add_options "rd.luks=0"
    }}
    submenuentry "D" {{
        initrd /none
        disabled
    }}
}}
menuentry "E" {{
    loader "\\EFI\\microsoft\\bootmgfw.efi"
}}
menuentry "F" {{
    volume OTHER
    loader /boot/vmlinuz
    initrd /boot/initrd
}}
menuentry "G" {{
    loader /none
    initrd /none
    disabled
}}
"""
STANZAS = {"A": (), "A: B": ("not-started",), "A: C": ("switched-off",)}

REFIND: dict[str, Row] = {
    # What is named like a kernel and is no program is left alone.
    "refind": ({CONF: "timeout 20\n", "boot/refind_linux.conf": LINES, f"boot{OLD}.sig": "x",
                "boot/kernel-notes": "text"}, FOUND, 0),
    "refind-bad-image": ({CONF: "", "boot/refind_linux.conf": LINES,
                          f"boot{GOOD}": image(start=False)},
                         {NAME: ("not-started",), f"{NAME}: Off": ("not-started", "switched-off")},
                         1),
    "refind-no-file": ({CONF: "", "boot/refind_linux.conf": f'"X" "{OPTIONS} initrd=\\none.img"\n'},
                       {NAME: ("no-file",)}, 1),
    # The newest is the default, and its image is the one with its version.
    "refind-newest": ({CONF: "",
                       "boot/refind_linux.conf": f'"X" "{OPTIONS} initrd=initrd.img-%v"\n',
                       f"boot{OLD}": Old(vmlinuz(KERNEL)), "boot/vmlinuz-6.2.0": vmlinuz("6.2.0"),
                       "boot/initrd.img-6.2.0": image(kernel="6.2.0", start=False)},
                      {NAME: (), "vmlinuz-6.2.0": ("not-started",)}, 1),
    "refind-selection": ({CONF: "default_selection \"+,vmlinuz-6.1\"\nfold_linux_kernels off\n",
                          "boot/refind_linux.conf": f'"X" "{OPTIONS}"\n',
                          f"boot{OLD}": Old(vmlinuz(KERNEL)),
                          "boot/vmlinuz-6.2.0": vmlinuz("6.2.0"),
                          "boot/initrd.img-6.2.0": image(kernel="6.2.0", start=False)},
                         {NAME: (), "vmlinuz-6.2.0": ("not-started",)}, 0),
    # Its menu has only the newest of them.
    "refind-folded": ({CONF: "default_selection vmlinuz-6.1\n",
                       "boot/refind_linux.conf": f'"X" "{OPTIONS}"\n',
                       f"boot{OLD}": Old(vmlinuz(KERNEL)),
                       "boot/vmlinuz-6.2.0": vmlinuz("6.2.0"),
                       "boot/initrd.img-6.2.0": image(kernel="6.2.0", start=False)},
                      {NAME: (), "vmlinuz-6.2.0": ("not-started",)}, 1),
    # Names without a version, as on Arch: the image is the one with the shortest name, but for what
    # extra strings tell apart.
    "refind-no-version": (
        {CONF: "extra_kernel_version_strings linux-lts,linux\ndefault_selection vmlinuz-6\n"
               "fold_linux_kernels 0\n",
         f"boot{OLD}": Path("vmlinuz-linux"),
         "boot/vmlinuz-linux": vmlinuz(KERNEL), "boot/initramfs-linux.img": image(),
         "boot/initramfs-linux-fallback.img": image(start=False), f"boot{GOOD}": "x",
         "boot/vmlinuz-linux-lts": vmlinuz(KERNEL), "boot/initramfs-linux-lts.img": image(),
         "boot/refind_linux.conf": f'"X" "{OPTIONS}"\n', "boot/vmlinuz-linux.sig": Path("none")},
        {NAME: ("no-image",), "vmlinuz-linux": (), "vmlinuz-linux-lts": ()}, 1),
    "refind-stanzas": ({CONF: STANZA}, STANZAS, 0),
    "refind-stanza-no-file": ({CONF: STANZA.replace(GOOD, "/none").replace("volume ROOT", "")
                               .replace(OLD, f"/boot{OLD}")},
                              dict.fromkeys(STANZAS, ("no-file",)), 1),
    "refind-include": ({CONF: "include more.conf\ninclude ../x\ndont_scan_dirs ESP:/boot\n",
                        "boot/refind_linux.conf": LINES,
                        "boot/efi/EFI/refind/more.conf": STANZA.replace("\n", "\r\n")}, STANZAS, 0),
    "refind-scans-nothing": ({CONF: STANZA + "scanfor manual,optical\n",
                              "boot/refind_linux.conf": LINES}, STANZAS, 0),
    "refind-no-stanzas": ({CONF: "scanfor internal\n" + STANZA, "boot/refind_linux.conf": LINES},
                          FOUND, 0),
}

# --- the firmware ------------------------------------------------------------------------------

ESP, GONE = (uuid.UUID(int=n << 64 | 0xabcdef) for n in (1, 2))
VARIABLES = "sys/firmware/efi/efivars/{}-8be4df61-93ca-11d2-aa0d-00e098032b8c"
LOAD = f"{OPTIONS} initrd=\\initrd.img-{KERNEL}"


def wide(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def node(kind: int, sub: int, data: bytes) -> bytes:
    return struct.pack("<BBH", kind, sub, 4 + len(data)) + data


def entry(title: str, path: str = "", options: str | bytes = "", partition: uuid.UUID = ESP,
          attributes: int = 1, short: bool = False) -> bytes:
    """A variable BootXXXX of efivarfs. path "": the entry names no file. short: it begins with the
    partition, as most do."""
    nodes = b"" if short else node(2, 1, bytes(8))
    if path:
        nodes += node(4, 1, struct.pack("<IQQ", 1, 2048, 9999) + partition.bytes_le + b"\2\2")
        nodes += node(4, 4, wide(path))
    nodes += node(0x7f, 0xff, b"")
    end = options if isinstance(options, bytes) else wide(options) if options else b""
    return b"\7\0\0\0" + struct.pack("<IH", attributes, len(nodes)) + wide(title) + nodes + end


def firmware(*entries: bytes, order: tuple[int, ...] = (), then: int | None = None) -> Files:
    files: Files = {VARIABLES.format(f"Boot{n:04X}"): data for n, data in enumerate(entries)}
    numbers = order or tuple(range(len(entries)))
    files[VARIABLES.format("BootOrder")] = b"\7\0\0\0" + struct.pack(f"<{len(numbers)}H", *numbers)
    if then is not None:
        files[VARIABLES.format("BootNext")] = b"\7\0\0\0" + struct.pack("<H", then)
    # The partition is there, and mounted.
    return {**files, "dev/sda1": "", "sys/class/block/sda1/dev": "8:1\n",
            f"dev/disk/by-partuuid/{ESP}": Path("../../sda1"),
            "sys/dev/block/8:1": Path("../../class/block/sda1"),
            "proc/self/mountinfo": "30 20 8:1 / /efi rw - vfat /dev/sda1 rw\n",
            f"efi{OLD}": vmlinuz(KERNEL), f"efi{GOOD}": image(), f"efi{BAD}": image(start=False),
            "efi/EFI/x/grubx64.efi": unified([{".text": b"x"}]),
            "efi/a.efi": unified([SECTIONS])}


STUB = OLD.replace("/", "\\")
GRUB = entry("GRUB", "\\EFI\\x\\grubx64.efi")
BROKEN = entry("Broken", STUB, f"{OPTIONS} initrd=\\initrd.img-bad")
OF_BAD = ("not-started",)

FIRMWARE: dict[str, Row] = {
    "efi-stub": (firmware(entry("Linux", STUB, LOAD), BROKEN), {"Linux": (), "Broken": OF_BAD}, 0),
    "efi-stub-default": (firmware(entry("Linux", STUB, LOAD), BROKEN, order=(1, 0)),
                         {"Linux": (), "Broken": OF_BAD}, 1),
    "efi-stub-next": (firmware(entry("Linux", STUB, LOAD), BROKEN, then=1),
                      {"Linux": (), "Broken": OF_BAD}, 1),
    "efi-stub-off": (firmware(entry("Linux", STUB, LOAD + " rd.luks=0")),
                     {"Linux": ("switched-off",)}, 1),
    # Another boot loader comes first; what the firmware skips; what is of other disks.
    "efi-others": (firmware(entry("Disc"), entry("Off", STUB, LOAD, attributes=0), GRUB, BROKEN,
                            entry("Gone", "\\none", LOAD, GONE), entry("App", STUB, LOAD,
                                                                       attributes=0x101)),
                   {"Broken": OF_BAD, "": (), "bad": OF_BAD}, 1),
    # A boot loader that is not known: the images are judged alone.
    "efi-other-loader": (firmware(GRUB), {"": (), "bad": OF_BAD}, 1),
    "efi-skipped": (firmware(entry("Disc"), entry("Old", "\\none", LOAD),
                             entry("Gone", "\\none", LOAD, GONE), BROKEN),
                    {"Old": ("no-file",), "Broken": OF_BAD}, 1),
    "efi-no-image": (firmware(entry("Linux", STUB, f"{OPTIONS} initrd=\\none")),
                     {"Linux": ("no-file",)}, 1),
    "efi-two-images": ({**firmware(entry("Linux", STUB, f"initrd=\\ucode.img {LOAD}")),
                        "efi/ucode.img": MICROCODE}, {"Linux": ()}, 0),
    "efi-narrow": (firmware(entry("Linux", STUB, LOAD.encode())),
                   {"Linux": ("narrow-options",)}, 1),
    # Bytes that mean something to another program.
    "efi-binary": (firmware(entry("Linux", STUB, LOAD), entry("X", "\\a.efi", b"WINDOWS\0\1\0\2")),
                   {"Linux": (), "X": ()}, 0),
    "efi-unified": (firmware(entry("X", "\\a.efi"), entry("Y", "\\a.efi", "rd.luks=0")),
                    {"X": (), "Y": ("switched-off",)}, 0),
    # Then the image's own command line counts.
    "efi-secure-boot": ({**firmware(entry("Y", "\\a.efi", "rd.luks=0")),
                         VARIABLES.format("SecureBoot"): b"\6\0\0\0\1"}, {"Y": ()}, 0),
}

# --- which boot loader is reached ----------------------------------------------------------------

OF_LOADERS = "sys/firmware/efi/efivars/{}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
IS_GRUB, IS_SHIM = b"MZ grub_malloc", b"MZ UEFI SHIM\n$Version: 15.8 $\n"
IS_SYSTEMD = b"MZ #### LoaderInfo: systemd-boot 257.1 ####"
IS_REFIND = "rEFInd".encode("utf-16-le")
MANAGER = entry("Manager", "\\EFI\\systemd\\systemd-bootx64.efi")
SHIM = entry("Shim", "\\EFI\\x\\shimx64.efi")
LOADERS: Files = {"efi/EFI/x/grubx64.efi": IS_GRUB, "efi/EFI/x/shimx64.efi": IS_SHIM,
                  "efi/EFI/systemd/systemd-bootx64.efi": IS_SYSTEMD}
GRUB_CFG, ENTRY = "boot/grub/grub.cfg", "efi/loader/entries/x.conf"
# One of two boot loaders has an entry that does not boot.
GRUB_GOOD: Files = {**LOADERS, GRUB_CFG: menu("Menu", OLD, GOOD), ENTRY: BLS.format(BAD)}
GRUB_BAD: Files = {**LOADERS, GRUB_CFG: menu("Menu", OLD, BAD), ENTRY: BLS.format(GOOD)}
OUT_OF_REACH = ("not-reached", "not-started")
ONLY_GRUB = {"Menu": (), "Linux": OUT_OF_REACH}
ONLY_MANAGER = {"Menu": OUT_OF_REACH, "Linux": ()}
ANY_GRUB_GOOD = {"Menu": (), "Linux": OF_BAD}


def current(number: int) -> Files:
    return {VARIABLES.format("BootCurrent"): b"\6\0\0\0" + struct.pack("<H", number)}


def told(**names: str) -> Files:
    """Variables of systemd-boot."""
    return {OF_LOADERS.format(name): b"\7\0\0\0" + wide(text) for name, text in names.items()}


def features(bits: int) -> Files:
    return {OF_LOADERS.format("LoaderFeatures"): b"\6\0\0\0" + struct.pack("<Q", bits)}


TWO: Files = {**LOADERS, "efi/loader/loader.conf": "default a\n",
              "efi/loader/entries/a.conf": BLS.format(GOOD),
              "efi/loader/entries/b.conf": BLS.format(BAD).replace("Linux", "Other")}
OF_TWO = {"Linux": (), "Other": OF_BAD}
PREFERS_B: Files = {"efi/loader/loader.conf": "default a\npreferred b\n"}
# The entry that does not boot has been tried too often.
TRIED: Files = {**LOADERS, "efi/loader/loader.conf": "default a\n",
                "efi/loader/entries/a.conf": BLS.format(GOOD),
                "efi/loader/entries/b+0-3.conf": BLS.format(BAD).replace("Linux", "Other")}

REACHED: dict[str, Row] = {
    "reached-grub": ({**firmware(GRUB, MANAGER), **GRUB_GOOD}, ONLY_GRUB, 0),
    "reached-grub-bad": ({**firmware(GRUB, MANAGER), **GRUB_BAD},
                         {"Menu": OF_BAD, "Linux": ("not-reached",)}, 1),
    "reached-systemd-boot": ({**firmware(MANAGER, GRUB), **GRUB_BAD}, ONLY_MANAGER, 0),
    "reached-next": ({**firmware(GRUB, MANAGER, then=1), **GRUB_BAD, **current(0)}, ONLY_MANAGER,
                     0),
    "reached-limine": ({**firmware(entry("L", "\\EFI\\x\\limine.efi")), **GRUB_GOOD,
                        "efi/EFI/x/limine.efi": b"MZ ++CONFIG_B2SUM_SIGNATURE++0",
                        "efi/limine.conf": f"/L\nprotocol: linux\npath: boot():{OLD}\n"
                        f"module_path: boot():{GOOD}\ncmdline: {OPTIONS}\n"},
                       {"L": (), "Menu": ("not-reached",), "Linux": OUT_OF_REACH}, 0),
    "reached-shim": ({**firmware(SHIM), **GRUB_GOOD}, ONLY_GRUB, 0),
    # What this boot began with is what the next one begins with.
    "reached-current": ({**firmware(GRUB, MANAGER), **GRUB_GOOD, **current(0)}, ONLY_GRUB, 0),
    # The firmware left out the first one, or a person chose the other.
    "reached-another": ({**firmware(GRUB, MANAGER), **GRUB_GOOD, **current(1)}, ANY_GRUB_GOOD, 1),
    "reached-another-kind": ({**firmware(GRUB, entry("Off", attributes=0)), **GRUB_GOOD,
                              **current(1)}, ANY_GRUB_GOOD, 1),
    # What cannot be told: what shim is to start; what rEFInd offers; an unknown program; one on a
    # disk that is not mounted; a GRUB whose default is another boot loader.
    "reached-shim-options": ({**firmware(entry("Shim", "\\EFI\\x\\shimx64.efi", "\\x.efi")),
                              **GRUB_GOOD}, ANY_GRUB_GOOD, 1),
    "reached-shim-alone": ({**firmware(SHIM), **GRUB_GOOD, "efi/EFI/x/grubx64.efi": b"MZ"},
                           ANY_GRUB_GOOD, 1),
    "reached-refind": ({**firmware(entry("R", "\\EFI\\x\\refind.efi")), **GRUB_GOOD,
                        "efi/EFI/x/refind.efi": IS_REFIND}, ANY_GRUB_GOOD, 1),
    "reached-unknown": ({**firmware(GRUB), **GRUB_GOOD, "efi/EFI/x/grubx64.efi": b"MZ"},
                        ANY_GRUB_GOOD, 1),
    "reached-chain": ({**firmware(GRUB), **GRUB_GOOD, GRUB_CFG:
                       "menuentry W {\nchainloader +1\n}\n" + menu("Menu", OLD, GOOD)},
                      ANY_GRUB_GOOD, 1),
    "reached-no-menu": ({**firmware(GRUB), **GRUB_GOOD, GRUB_CFG: ""}, {"Linux": OF_BAD}, 1),
    "reached-kernel": ({**firmware(entry("Stub", STUB, LOAD), GRUB), **GRUB_GOOD},
                       {"Menu": ("not-reached",), "Linux": OUT_OF_REACH, "Stub": ()}, 0),
    # bootctl's choice takes the place of the one in loader.conf, if there is such an entry.
    "chosen": ({**firmware(MANAGER), **TWO}, OF_TWO, 0),
    "chosen-default": ({**firmware(MANAGER), **TWO, **told(LoaderEntryDefault="b.conf")}, OF_TWO,
                       1),
    "chosen-once": ({**firmware(MANAGER), **TWO, "efi/loader/loader.conf": "default b\n",
                     **told(LoaderEntryDefault="b.conf", LoaderEntryOneShot="a.conf")}, OF_TWO, 0),
    "chosen-saved": ({**firmware(MANAGER), **TWO, **told(LoaderEntryDefault="@saved",
                                                         LoaderEntryLastBooted="b.conf")},
                     OF_TWO, 1),
    "chosen-gone": ({**firmware(MANAGER), **TWO, **told(LoaderEntryDefault="c.conf")}, OF_TWO, 0),
    # What is preferred comes before the default, unless it has no tries left or the boot loader
    # is too old to know it.
    "preferred": ({**firmware(MANAGER), **TWO, **told(LoaderEntryPreferred="b.conf",
                                                      LoaderEntryDefault="a.conf")}, OF_TWO, 1),
    "preferred-once": ({**firmware(MANAGER), **TWO, **told(LoaderEntryPreferred="b.conf",
                                                           LoaderEntryOneShot="a.conf")}, OF_TWO,
                       0),
    "preferred-saved": ({**firmware(MANAGER), **TWO, **told(LoaderEntryPreferred="@saved",
                                                            LoaderEntryLastBooted="b.conf")},
                        OF_TWO, 1),
    "preferred-setting": ({**firmware(MANAGER), **TWO, **PREFERS_B, **features(1 << 19 | 4)},
                          OF_TWO, 1),
    "preferred-too-old": ({**firmware(MANAGER), **TWO, **PREFERS_B, **features(1 << 18 | 4),
                           **told(LoaderEntryPreferred="b.conf")}, OF_TWO, 0),
    "preferred-bad": ({**firmware(MANAGER), **TRIED, **told(LoaderEntryPreferred="b.conf")},
                      OF_TWO, 0),
    "default-bad": ({**firmware(MANAGER), **TRIED, **told(LoaderEntryDefault="b.conf")},
                    OF_TWO, 1),
    "preferred-gone": ({**firmware(MANAGER), **TWO, **PREFERS_B,
                        **told(LoaderEntryPreferred="c.conf")}, OF_TWO, 1),
    "chosen-nothing": ({**firmware(MANAGER), **TWO, OF_LOADERS.format("LoaderEntryDefault"): b"\7"},
                       OF_TWO, 0),
}


def says_which() -> None:
    """A person is told which boot loader the firmware starts; a program, of each entry."""
    with tempfile.TemporaryDirectory(prefix="intact-boots-") as scratch:
        root = Path(scratch)
        make(root, REACHED["reached-grub"][0])
        text, _ = ask("--sysroot", root)
        said = {e["title"]: (e["loader"], e["reached"], e["default"])
                for e in json.loads(ask("--sysroot", root, "--json")[0])}
    if "The firmware starts GRUB (Boot0000 \"GRUB\", " not in text or said != {
            "Menu": ("GRUB", True, True), "Linux": ("systemd-boot", False, False)}:
        raise Failed(f"{text}\n{said}")


# --- older than the settings -------------------------------------------------------------------

GENERATED = ("#\n# DO NOT EDIT THIS FILE\n#\n" + HEAD % "0" + menu("First", OLD, GOOD)
             + menu("Rescue", OLD, GOOD)).replace("id-First", "gnulinux-simple-1").replace(
                 "id-Rescue", "gnulinux-x-recovery-1")
SETTINGS = 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet{}"\nGRUB_CMDLINE_LINUX=""\n'
SAID = {"First": ("old-cmdline",), "Rescue": ()}
SILENT = {"First": (), "Rescue": ()}
# mkinitcpio's, as far as its maker shows, without intact.
ARCH = cpio.pack([cpio.file("init", program(), 0o755), cpio.file("init_functions", "")])
CMDLINE = f"# comment x\n{OPTIONS} initrd=/x\n"

OUTDATED: dict[str, Row] = {
    "old-grub": ({"boot/grub/grub.cfg": Old(GENERATED),
                  "etc/default/grub": SETTINGS.format(" a=1")}, SAID, 0),
    "old-grub-same": ({"boot/grub/grub.cfg": Old(GENERATED),
                       "etc/default/grub": SETTINGS.format("")}, SILENT, 0),
    "old-grub-newer": ({"boot/grub/grub.cfg": GENERATED,
                        "etc/default/grub": Old(SETTINGS.format(" a=1"))}, SILENT, 0),
    # By hand; with a setting that only a shell can read; in another file.
    "old-grub-by-hand": ({"boot/grub/grub.cfg": Old(GENERATED[1:]),
                          "etc/default/grub": SETTINGS.format(" a=1")}, SILENT, 0),
    "old-grub-quotes": ({"boot/grub/grub.cfg": Old(GENERATED),
                         "etc/default/grub": SETTINGS.format(" a='x y'")}, SILENT, 0),
    "old-grub-elsewhere": ({"boot/grub/grub.cfg": Old(GENERATED),
                            "etc/default/grub": SETTINGS.format(" a=1"),
                            "etc/default/grub.d/x.cfg": "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n"},
                           SILENT, 0),
    "old-unified": ({UKI: Old(unified([SECTIONS])), "etc/kernel/cmdline": CMDLINE + "a=1\n"},
                    {"a.efi": ("old-cmdline",)}, 0),
    # Only mkinitcpio reads the folder.
    "old-unified-folder": ({UKI: Old(unified([SECTIONS])), "etc/cmdline.d/b.conf": "a=1\n"},
                           SOUND, 0),
    "old-unified-arch": ({UKI: Old(unified([{**SECTIONS, ".initrd": ARCH}])),
                          "etc/cmdline.d/a.conf": CMDLINE, "etc/cmdline.d/b.conf": "a=1\n"},
                         {"a.efi": ("not-started", "old-cmdline")}, 1),
    "old-unified-same": ({UKI: Old(unified([SECTIONS])), "etc/kernel/cmdline": CMDLINE}, SOUND, 0),
    "old-unified-newer": ({UKI: unified([SECTIONS]), "etc/kernel/cmdline": Old(CMDLINE + "a=1\n")},
                          SOUND, 0),
    # Made by the distribution, for all machines; made with another setting.
    "old-unified-of-all": ({UKI: Old(unified([{**SECTIONS, ".cmdline": b"console=ttyS0"}])),
                            "etc/kernel/cmdline": CMDLINE}, SOUND, 0),
    "old-unified-own": ({UKI: Old(unified([SECTIONS])), "etc/kernel/cmdline": CMDLINE + "a=1\n",
                         "etc/kernel/uki.conf": "[UKI]\nCmdline=root=/dev/mapper/root\n"},
                        SOUND, 0),
}

CHECKS: dict[str, Callable[[], None]] = {
    **{name: lambda row=row: check(row)
       for name, row in {**ADDONS, **REFIND, **OUTDATED}.items()},
    **{name: lambda row=row: check(row, "--sysroot")
       for name, row in {**FIRMWARE, **REACHED}.items()},
    "reached-is-said": says_which}
