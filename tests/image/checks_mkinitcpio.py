# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitcpio's part of the table of checks: what it puts into an image, and what it says when
something is wrong."""

import re
from collections.abc import Callable
from dataclasses import replace

from lib import images
from lib.gen_mkinitcpio import NO_AUTHENC, PROMISED, TREE
from lib.generator import Image
from lib.proc import Failed

from .checks_dracut import ELSEWHERE

# Small and quick: nothing of these is booted.
SMALL = Image("mkinitcpio", TREE, etc={"mkinitcpio.conf": "HOOKS=(base udev)\nCOMPRESSION=cat\n"})
SURE = replace(SMALL, crypttab=PROMISED)        # known to need us, although the disk cannot be seen
VERSION = "version=$(ls /lib/modules)\n"
MAKE = 'mkinitcpio -n -k "$version" -g'
EMPTY = "/etc/mkinitcpio.conf.d/zz-intact.conf"
# A /boot of its own, with an image in it that must survive.
BOOT = ("mount -t tmpfs -o size={size}k boot /boot\nhead -c {old}k /dev/urandom >/boot/image\n"
        "cp /boot/image /tmp/old\n")


def said(script: str, *wanted: str, never: tuple[str, ...] = (), spec: Image = SMALL) -> None:
    """Run shell where an image would be made, and look at what is said. It must succeed."""
    text = images.in_system(spec, VERSION + script)
    for pattern in wanted:
        if not re.search(pattern, text, re.MULTILINE):
            raise Failed(f"{pattern!r} was never said:\n{text}")
    for pattern in never:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            raise Failed(f"{found.group(0)!r} was said:\n{text}")


def fails(command: str) -> str:
    return f"if {command}; then echo 'it should have failed'; exit 1; fi\n"


IN = "lsinitcpio {} | grep 'bin/intact-unlock$'\n"
OUT = fails("lsinitcpio {} | grep intact")
WARNS = r"^intact: warning: intact does not run in this image, .*: intact-unlock is not in it: "
NEVER_RUNS = r"^intact: warning: intact does not run in this image, .* missing: "


def hooks(words: str, *wanted: str) -> str:
    """Make an image with these HOOKS; lsinitcpio -v must list what is wanted."""
    return (f"echo 'HOOKS=({words})' >>/etc/mkinitcpio.conf\n{MAKE} /tmp/a\n"
            "lsinitcpio -v /tmp/a >/tmp/a.list\n"
            + "".join(f"grep -E '{word}$' /tmp/a.list\n" for word in wanted))


# Another hook that makes of init what it likes.
REPLACES_INIT = """cat >/etc/initcpio/install/last <<'EOF'
build() { ln -sfn usr/lib/systemd/systemd "$BUILDROOT/init"; }
EOF
"""

SAID: dict[str, Callable[[], None]] = {
    "help": lambda: said("mkinitcpio -H intact || :", "Help for hook 'intact'",
                         "opens the LUKS2 volumes"),
    "quiet": lambda: said(f"{MAKE} /tmp/a\n" + IN.format("/tmp/a"),
                          never=(WARNS, "ERROR", "errors were")),
    # A file named with -c is read alone: the image is the one that the system without us has, and
    # it is said.
    "other-config": lambda: said(
        "grep -v nothing /etc/mkinitcpio.conf >/tmp/other.conf\n"
        f"{MAKE} /tmp/a -c /tmp/other.conf\n" + OUT.format("/tmp/a") +
        f"rm {EMPTY}\n{MAKE} /tmp/b\nlsinitcpio /tmp/a >/tmp/a.list; lsinitcpio /tmp/b "
        ">/tmp/b.list; cmp /tmp/a.list /tmp/b.list",
        WARNS, "-c"),
    "other-config-preset": lambda: said(
        "cp /etc/mkinitcpio.conf /tmp/other.conf\n"
        "printf 'ALL_config=/tmp/other.conf\\nALL_kver=%s\\nPRESETS=(default)\\n"
        "default_image=/tmp/a\\n' \"$version\" "
        ">/etc/mkinitcpio.d/linux.preset\nmkinitcpio -n -p linux\n" + OUT.format("/tmp/a"), WARNS),
    "emptied": lambda: said(f": >{EMPTY}\n{MAKE} /tmp/a\n" + OUT.format("/tmp/a"), never=(WARNS,)),
    "skipped": lambda: said(f"{MAKE} /tmp/a -S intact\n" + OUT.format("/tmp/a"), WARNS),
    "no-volume": lambda: said(f": >/etc/crypttab\n{MAKE} /tmp/a\n" + OUT.format("/tmp/a"),
                              "no LUKS2 volume with integrity is below /", never=(WARNS,)),
    # Nothing is left of us: the same image, byte for byte, as where we never were.
    "uninstalled": lambda: said(
        f"find $where/ours -type f -printf '/%P\\n' | xargs rm\n{MAKE} /tmp/a\n"
        + OUT.format("/tmp/a"), never=("ERROR", "WARNING: intact")),
    # Which init runs decides what starts intact-unlock, whatever the order of the hooks: an image
    # gets the one or the other, and the post hook looks at what is in it.
    "systemd-last": lambda: said(
        hooks("base modconf block filesystems fsck systemd", " init -> usr/lib/systemd/systemd",
              "system/intact-unlock.service", "system/cryptsetup-pre.target",
              "initrd-root-device.target.d/intact.conf"),
        never=(NEVER_RUNS, WARNS, "ERROR", "errors were")),
    "systemd-last-of-three": lambda: said(
        hooks("base udev modconf intact block filesystems systemd", "system/intact-unlock.service"),
        never=(NEVER_RUNS, WARNS, "ERROR", "errors were")),
    "base-last": lambda: said(
        hooks("systemd modconf block filesystems udev base", " hooks/intact", "bin/intact-unlock")
        + fails("grep -E ' init -> ' /tmp/a.list"),
        never=(NEVER_RUNS, WARNS, "ERROR", "errors were")),
    # A key file that FILES has in the image opens the volume there.
    "key-file": lambda: said(
        f"echo key >/root.key\necho 'FILES=(/root.key)' >>/etc/mkinitcpio.conf\n{MAKE} /tmp/a\n"
        "mkdir /tmp/x\ncd /tmp/x\nlsinitcpio -x /tmp/a\ngrep -x key root.key\n"
        "grep '^[^ ]* [^ ]* /root.key ' etc/intact/crypttab\n"
        "[ ! -e etc/intact/integritytab ]\n",
        never=("not put into the image", "ERROR"),
        spec=replace(SMALL, crypttab=PROMISED.replace("none", "/root.key"))),
    # A resume waits for the volumes, unless no swap is on one of them.
    "resume-elsewhere": lambda: said(
        hooks("base systemd modconf block filesystems",
              "systemd-hibernate-resume.service.d/intact.conf",
              "systemd-hibernate-resume@.service.d/intact.conf") + ELSEWHERE
        + f"{MAKE} /tmp/b\nlsinitcpio /tmp/b >/tmp/b.list\n"
        "grep 'sysroot.mount.d/intact.conf$' /tmp/b.list\n"
        + fails("grep 'systemd-hibernate-resume.*intact.conf' /tmp/b.list"),
        never=("ERROR", "errors were")),
    "init-replaced": lambda: said(
        "mkdir -p /etc/initcpio/install\n" + REPLACES_INIT
        + hooks("base udev modconf block filesystems last", "bin/intact-unlock"),
        r"^intact: warning: /init is a link to usr/lib/systemd/systemd, which is not in the "),
    # Somebody followed a guide before.
    "by-hand": lambda: said(
        f"echo 'MODULES=(dm-integrity dm-bufio)' >>/etc/mkinitcpio.conf\n{MAKE} /tmp/a\n"
        + IN.format("/tmp/a") + "lsinitcpio /tmp/a | grep 'dm-integrity'",
        never=("ERROR", "errors were")),
    "twice": lambda: said(f"{MAKE} /tmp/a -A intact\n" + IN.format("/tmp/a"),
                          never=("ERROR", "errors were")),
    # Bad input. Each ends loudly, with the old image in place.
    "no-module-tree": lambda: said(
        "mkdir /boot/x\necho old >/boot/image\n"
        + fails("mkinitcpio -n -k 9.9.9-none -g /boot/image") +
        '[ "$(cat /boot/image)" = old ]', "9.9.9-none"),
    "half-module-tree": lambda: said(
        "mkdir /lib/modules/9.9.9-none\necho old >/boot/image\n"
        + fails("mkinitcpio -n -k 9.9.9-none -g /boot/image") +
        '[ "$(cat /boot/image)" = old ]', "ERROR: intact: .* would not boot this system",
        spec=SURE),
    "no-algorithm": lambda: said(
        f"{NO_AUTHENC}\necho old >/boot/image\n" + fails(f"{MAKE} /boot/image")
        + '[ "$(cat /boot/image)" = old ]',
        "authenc", "ERROR: intact: .* would not boot this system", spec=SURE),
    "boot-read-only": lambda: said(
        BOOT.format(size=20000, old=100) + "mount -o remount,ro /boot\n"
        + fails(f"{MAKE} /boot/image") +
        "cmp /boot/image /tmp/old", "ERROR: .*must be writable"),
    # mkinitcpio writes beside the old image and renames, as long as it sees room for both.
    "boot-full": lambda: said(
        BOOT.format(size=2000, old=100) + fails(f"{MAKE} /boot/image") + "cmp /boot/image /tmp/old",
        "ERROR: .*FAILED"),
    "tool-gone": lambda: said("rm /usr/sbin/intact\necho old >/boot/image\n"
                              + fails(f"{MAKE} /boot/image") + '[ "$(cat /boot/image)" = old ]',
                              "ERROR: intact"),
    # Unified kernel images hold the initramfs that -g makes, byte for byte, whoever assembles them.
    **{f"uki-{how}": (lambda options=options: said(
        "mkdir -p /efi\necho root=/dev/mapper/cryptroot >/tmp/cmdline\n"
        f"{MAKE} /tmp/a -U /efi/linux.efi --cmdline /tmp/cmdline {options}\n"
        "objcopy -O binary --only-section=.initrd /efi/linux.efi /tmp/b\n"
        'head -c "$(stat -c %s /tmp/a)" /tmp/b | cmp - /tmp/a\n' + IN.format("/tmp/a"),
        "Unified kernel image generation successful", never=(WARNS, "ERROR")))
       for how, options in (("ukify", ""), ("objcopy", "--no-ukify"))},
    "uki-preset": lambda: said(
        "mkdir -p /efi\necho root=/dev/mapper/cryptroot >/etc/kernel/cmdline\n"
        "printf 'ALL_kver=%s\\nPRESETS=(default)\\ndefault_uki=/efi/linux.efi\\n' \"$version\" "
        ">/etc/mkinitcpio.d/linux.preset\n"
        "mkinitcpio -n -p linux\n" + IN.format("/efi/linux.efi"),
        "Unified kernel image generation successful", never=(WARNS, "ERROR")),
}

CHECKS: dict[str, tuple[tuple[str, ...], Callable[[], None]]] = {f"mkinitcpio/{name}": ((), check)
                                                                 for name, check in SAID.items()}
