# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut, and its part of the table of images.

"Plain" is an image without systemd. Those of a further suite have its name behind an @.
"""

from dataclasses import replace

from . import layouts
from .generator import (CRYPTTAB, DRAWN, FRENCH, FRESH_CRYPTTAB, LAYOUTS, LEGS, MD_CONF,
                        MULTIPATH, PAIR, RESUME_CRYPTTAB, SAVE_KEYMAP, SMART, USR_CRYPTTAB,
                        USR_FSTAB, Generator, Image)

PLAIN = ("--omit", "systemd systemd-initrd systemd-cryptsetup dracut-systemd")
GENERIC = ("--no-hostonly",)
# A chroot on the machine that runs the tests says nothing about the drivers of the guests, and its
# / is no root to boot.
HOSTONLY = ("--hostonly", "--no-hostonly-cmdline", "--add-drivers", "virtio_pci virtio_blk ext4")
STRICT = (*HOSTONLY, "--hostonly-mode", "strict")
NO_AUTHENC = "find /lib/modules -name 'authenc.ko*' -delete; depmod -a $(ls /lib/modules)"
PROMISED = CRYPTTAB.replace(
    "luks", "luks,x-intact.integrity=hmac(sha256),x-intact.holds=root+usr")

# QEMU's screen, which a chroot's hardware does not show, and what plymouth reads a keyboard
# through. Debian's images have evdev only if they are told to; other kernels have it built in.
SPLASH = (*HOSTONLY[:-1], HOSTONLY[-1] + " bochs evdev")

# udev is late for the screen, later than it takes to find the disk.
LATE_SCREEN = {
    "udev/rules.d/05-late.rules": 'KERNEL=="tty0", PROGRAM="/bin/sleep 20"\n',
    "dracut.conf.d/late.conf": 'install_items+=" /etc/udev/rules.d/05-late.rules "\n',
}


def _dracut(options: tuple[str, ...], **more: object) -> Image:
    return Image("dracut", **{"tree": "dracut", "options": options, **more})


SYSTEMD_AND_PLAIN: dict[str, Image] = {}
for _name, _more in (("systemd", ()), ("plain", PLAIN)):
    SYSTEMD_AND_PLAIN |= {
        f"dracut-{_name}": _dracut(HOSTONLY + _more),
        f"dracut-{_name}-strict": _dracut(STRICT + _more),
        f"dracut-{_name}-generic": _dracut(GENERIC + _more),
        # For any machine: nothing about a volume in it, the command line says which.
        f"dracut-{_name}-bare": _dracut(GENERIC + _more, crypttab="", fstab=""),
        f"dracut-{_name}-promised": _dracut(HOSTONLY + _more, crypttab=PROMISED),
        f"dracut-{_name}-fresh": _dracut(HOSTONLY + _more, crypttab=FRESH_CRYPTTAB),
        f"dracut-{_name}-no-authenc": _dracut(HOSTONLY + _more, prepare=NO_AUTHENC),
        # On the running root, where dracut sees what it stands on.
        f"dracut-{_name}-guest": _dracut(("--hostonly",) + _more, guest="uml"),
        # Beside dracut's own crypt module, as where cryptsetup is installed.
        f"dracut-{_name}-beside": _dracut(HOSTONLY + ("--add", "crypt") + _more),
    }

SUITES = ("", "@trixie", "@testing")

IMAGES: dict[str, Image] = {
    **{name + suite: replace(spec, tree=spec.tree + suite)
       for suite in SUITES for name, spec in SYSTEMD_AND_PLAIN.items()},
    # systemd 252 and 257 have different units for it.
    **{f"dracut-systemd-resume{suite}": _dracut((*HOSTONLY, "--add", "resume"),
                                                tree=f"dracut{suite}")
       for suite in SUITES},
    # The image says that a hibernated system is on its second volume.
    **{f"dracut-{name}-resume-promised{suite}": _dracut(
        (*HOSTONLY, "--add", "resume", *more), tree=f"dracut{suite}", crypttab=RESUME_CRYPTTAB)
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES},
    # What the guides tell people to write.
    "dracut-hand-made": _dracut(
        HOSTONLY, etc={"dracut.conf.d/dm-integrity.conf": 'add_drivers+=" dm-integrity "\n'}),
    # Beside the module of systemd's own integritysetup.
    "dracut-systemd-legs": _dracut((*HOSTONLY, "--add", "systemd-integritysetup"), etc=LEGS),
    # With what a running system would show of RAID, LVM and btrfs; the root of "pair" is on two
    # volumes.
    **{f"dracut-{name}-{what}{suite}": _dracut(
        (*HOSTONLY, "--add", "mdraid lvm btrfs", "--add-drivers", "raid1 dm-raid btrfs",
         *more), tree=f"dracut-stack{suite}", crypttab=tab, etc={"mdadm/mdadm.conf": MD_CONF})
       for name, more in (("systemd", ()), ("plain", PLAIN))
       for what, tab in (("stack", CRYPTTAB), ("pair", PAIR)) for suite in SUITES},
    **{f"dracut-{name}-{what}{suite}": _dracut(
        (*HOSTONLY, "--add", "mdraid lvm btrfs", "--add-drivers", "raid0 raid1 btrfs", *more),
        tree=f"dracut-stack{suite}", etc={"mdadm/mdadm.conf": layouts.MD_CONF}, **tabs)
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES
       for what, tabs in LAYOUTS.items()},
    # … an array on two standalone dm-integrity devices; a swap on a logical volume; /usr on a
    # volume of its own.
    **{f"dracut-{name}-md-legs{suite}": _dracut(
        (*HOSTONLY, "--add", "mdraid", "--add-drivers", "raid1", *more),
        tree=f"dracut-stack{suite}", etc={"mdadm/mdadm.conf": MD_CONF, **LEGS})
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES},
    # Before dracut 112 Debian's have none of multipath's udev rules: dracut looks for them under
    # other names.
    **{f"dracut-{name}-{what}{suite}": _dracut(
        (*HOSTONLY, "--add", "multipath", "--add-drivers",
         "virtio_scsi sd_mod dm-multipath dm-service-time scsi_dh_alua", *more),
        tree=f"dracut-multipath{suite}", etc={"multipath.conf": conf})
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES
       for what, conf in (("multipath", MULTIPATH), ("smart", SMART))},
    **{f"dracut-systemd-resume-lvm{suite}": _dracut((*HOSTONLY, "--add", "resume lvm"),
                                                    tree=f"dracut{suite}") for suite in SUITES},
    **{f"dracut-{name}-usr{suite}": _dracut((*HOSTONLY, *more), tree=f"dracut{suite}",
                                            crypttab=USR_CRYPTTAB, fstab=USR_FSTAB)
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES},
    # clevis, which answers the questions to systemd's password agents
    **{f"dracut-systemd-clevis{suite}": _dracut(
        (*HOSTONLY, "--add", "clevis clevis-pin-null"), tree=f"dracut-clevis{suite}")
       for suite in SUITES},
    # The keyboard's layout, from Debian's console-setup.
    **{f"dracut-{name}-keyboard{suite}": _dracut(
        (*HOSTONLY, *more), tree=f"dracut-keyboard{suite}", etc={**FRENCH, **LATE_SCREEN},
        prepare=SAVE_KEYMAP)
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES[:2]},
    **{f"dracut-plymouth{how}{suite}": _dracut((*HOSTONLY, *more), tree=f"plymouth{suite}")
       for how, more in (("", ()), ("-plain", PLAIN)) for suite in SUITES},
    # … on a screen that it draws on, where it also reads the keyboard itself: with the console's
    # keymap beside it, and without.
    **{f"dracut-splash-{name}-keyboard{suite}": _dracut(
        (*SPLASH, *more), tree=f"plymouth-keyboard{suite}", etc={**FRENCH, **DRAWN},
        prepare=SAVE_KEYMAP)
       for name, more in (("systemd", ()), ("plain", PLAIN)) for suite in SUITES[1:]},
    **{f"dracut-splash-{name}-alone@testing": _dracut(
        (*SPLASH, *more), tree="plymouth@testing", etc={**FRENCH, **DRAWN})
       for name, more in (("systemd", ()), ("plain", PLAIN))},
    # The whole guide, from an empty disk on.
    "dracut-scratch": _dracut(("--hostonly",), guest="scratch"),
    "dracut-scratch-plain": _dracut(("--hostonly", *PLAIN), guest="scratch"),
}


def _settings(_: Image) -> dict[str, str]:
    # Guests boot the unpacked image: time spent on compressing would be lost.
    return {"dracut.conf.d/test.conf": 'compress="cat"\n'}


def _make(spec: Image, version: str, where: str) -> str:
    words = " ".join(f"'{word}'" for word in spec.options)
    return (f"dracut --force --kver {version} {words} /tmp/initrd >{where}/build.log 2>&1 || "
            f"{{ cat {where}/build.log; exit 1; }}\n"
            f"cp /tmp/initrd {where}/initrd\n")


GENERATOR = Generator(_settings, _make, "lsinitrd /out/initrd",
                      # Without systemd dracut's own shell; with it, systemd's question before that
                      # or its refusal.
                      r"^dracut:/[^ ]*[#$] |^Press Enter for (?:system )?maintenance|^Cannot open "
                      r"access to console",
                      "printf 'add_drivers+=\" virtio_pci virtio_blk \"\\n' "
                      ">/share/etc/dracut.conf.d/drivers.conf")
