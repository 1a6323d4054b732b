# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitcpio's drop-in: where "intact" ends up in HOOKS. Needs bash, not mkinitcpio.

To add a case: a line in TABLE.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from lib.paths import REPO
from lib.proc import ENVIRONMENT, Failed
from lib.suite import Test

OURS = REPO / "mkinitcpio/mkinitcpio.conf.d/zz-intact.conf"

UDEV = ("base udev autodetect microcode modconf kms keyboard keymap consolefont block filesystems "
        "fsck")
SYSTEMD = ("base systemd autodetect microcode modconf kms keyboard sd-vconsole block filesystems "
           "fsck")


def _line(hooks: str) -> dict[str, str]:
    return {"mkinitcpio.conf": f"MODULES=()\nHOOKS=({hooks})\n"}


def _before(hooks: str, hook: str) -> str:
    return re.sub(rf"(^| ){hook}\b", rf"\1intact {hook}", hooks, count=1)


# A row: a name → the files (mkinitcpio.conf, the others are beside ours), and what HOOKS then is.
TABLE: dict[str, tuple[dict[str, str], str]] = {
    "default": (_line(UDEV), _before(UDEV, "filesystems")),
    "systemd": (_line(SYSTEMD), _before(SYSTEMD, "filesystems")),
    "encrypt": (_line("base udev block encrypt filesystems"),
                "base udev block intact encrypt filesystems"),
    "sd-encrypt": (_line("base systemd block sd-encrypt lvm2 filesystems"),
                   "base systemd block intact sd-encrypt lvm2 filesystems"),
    "other-encrypt": (_line("base udev block netconf dropbear encryptssh filesystems"),
                      "base udev block netconf dropbear intact encryptssh filesystems"),
    "keymap-after-block": (_line("base udev block keyboard keymap encrypt filesystems"),
                           "base udev block keyboard keymap intact encrypt filesystems"),
    "encrypt-before-block": (_line("base udev encrypt block filesystems"),
                             "base udev intact encrypt block filesystems"),
    "lvm-inside": (_line("base udev block encrypt lvm2 resume filesystems"),
                   "base udev block intact encrypt lvm2 resume filesystems"),
    "lvm-below": (_line("base udev block lvm2 encrypt filesystems"),
                  "base udev block intact lvm2 encrypt filesystems"),
    "resume": (_line("base udev block resume filesystems"),
               "base udev block intact resume filesystems"),
    "btrfs": (_line("base udev block btrfs filesystems"),
              "base udev block intact btrfs filesystems"),
    "filesystems-before-block": (_line("base udev filesystems keyboard block fsck"),
                                 "base udev filesystems keyboard block fsck intact"),
    "no-block": (_line("base udev filesystems"), "base udev intact filesystems"),
    "neither": (_line("base udev"), "base udev intact"),
    "there-already": (_line("base udev intact block filesystems"),
                      "base udev intact block filesystems"),
    "there-in-a-name": (_line("base udev block intact-x filesystems"),
                        "base udev block intact-x intact filesystems"),
    "whitespace": (_line("\n\tbase\tudev\n  block  # disks\n\n filesystems \n"),
                   "base udev block intact filesystems"),
    "string": ({"mkinitcpio.conf": f'HOOKS="{UDEV}"\n'}, _before(UDEV, "filesystems")),
    "string-tabs": ({"mkinitcpio.conf": 'HOOKS="base\tudev  block\tintact filesystems "\n'},
                    "base udev block intact filesystems"),
    # mkinitcpio stops with "No hooks found": it must not make an image with nothing but us.
    "empty": (_line(""), ""),
    "unset": ({"mkinitcpio.conf": "MODULES=()\n"}, ""),
    "no-newline-at-end": ({"mkinitcpio.conf": f"HOOKS=({UDEV})"}, _before(UDEV, "filesystems")),
    "another-sets": ({**_line("base"), "50-mine.conf": f"HOOKS=({SYSTEMD})\n"},
                     _before(SYSTEMD, "filesystems")),
    "another-adds": ({**_line("base udev block filesystems"), "mine.conf": "HOOKS+=(shutdown)\n"},
                     "base udev block intact filesystems shutdown"),
    "another-without-newline": ({**_line(UDEV), "mine.conf": "HOOKS+=(shutdown)"},
                                _before(UDEV, "filesystems") + " shutdown"),
    # Nothing in ours can prevent it; the post hook then warns.
    "another-after-ours": ({**_line(UDEV), "zz-mine.conf": f"HOOKS=({UDEV})\n"}, UDEV),
}


def hooks(files: dict[str, str]) -> str:
    """HOOKS as mkinitcpio comes to it: the drop-ins in the order of `sort -V`, all joined, sourced
    as one file."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, text in files.items():
            (place / name).write_text(text)
        (place / OURS.name).write_bytes(OURS.read_bytes())
        script = ('cd "$1" && names=$(ls | grep -vx mkinitcpio.conf | LC_ALL=C.UTF-8 sort -V) && '
                  'cat mkinitcpio.conf $names >all && . ./all && echo ${HOOKS[*]} && '
                  'compgen -v _intact_')
        done = subprocess.run(["bash", "-c", script, "bash", folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, check=False)
    # compgen finds nothing, says nothing and fails: no variable of ours is left behind.
    if done.returncode != 1:
        raise Failed(f"exit {done.returncode}: {done.stdout}")
    return done.stdout.rstrip("\n")


def _check(files: dict[str, str], wanted: str) -> None:
    got = hooks(files)
    if got != wanted:
        raise Failed(f"HOOKS is ({got}), wanted ({wanted})")


def tests() -> list[Test]:
    return [Test(f"mkinitcpio/dropin:{name}", lambda report, logs, row=row: _check(*row))
            for name, row in TABLE.items()]
