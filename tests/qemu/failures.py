# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tables of all generators have in common: the integrity modes, and what must go wrong in
each kind of image."""

from lib import rootfs, tamper
from lib.disks import ROOT_UUID

from .boot import Case, answer, expect

MODES = ("hmac-sha512", "hmac-sha1", "random-iv", "long-key", "essiv", "serpent", "adiantum", "gcm",
         "chacha", "aegis", "sector-512", "no-journal", "unwiped")
TIMES_3 = (answer("wrong"), expect("wrong passphrase", unless=""), answer("guess"),
           expect("wrong passphrase", unless=""), answer("again"))
# For ever, as installers write it.
ENDLESS = (f"rd.luks.options={ROOT_UUID}=x-systemd.device-timeout=0 "
           "rootflags=x-systemd.device-timeout=0")
SHORT_WAIT = f"rd.luks.options={ROOT_UUID}=x-systemd.device-timeout=8"

# What goes wrong → the image it takes, and the boot with the name of that image left out.
FAILURES: dict[str, tuple[str, Case]] = {
    "wrong": ("", Case("", prompts=3, dialogue=TIMES_3, last="cryptroot: wrong passphrase")),
    "absent": ("", Case("", disk="stranger", prompts=0, dialogue=(), append=SHORT_WAIT, timeout=150,
                        last=f"no disk with UUID={ROOT_UUID} appeared")),
    "refused": ("-promised",
                Case("", disk="luks2-plain", prompts=0, dialogue=(), last="integrity")),
    # A disk that was refused is not waited for for ever, though the disk would be.
    "refused-endless": ("-promised",
                        Case("", disk="luks2-plain", prompts=0, dialogue=(), last="integrity",
                             append=ENDLESS)),
    "superblock": ("", Case("", disk="superblock", prompts=0, dialogue=(), last="superblock")),
    # Nothing else lays hands on it, though the mapping is there.
    "flip-fs": ("",
                Case("", disk="flip-fs", last="Integrity check failed",
                     hides=("EXT4-fs .*unable to read", "System Check on"))),
    "no-module": ("-no-authenc", Case("", last="authenc")),
}
# Told to resume from the volume: where it failed its check, no memory image is loaded from it.
RESUME = Case("", disk="flip-fs", ends="shell", last="Integrity check failed",
              append=f"resume=/dev/mapper/{rootfs.NAME} systemd.show_status=1",
              # systemd shortens the name of the unit in the middle.
              shows=("Dependency failed for .*(sing device /dev/mapper|from hibernation)",),
              hides=("(Starting|Started|Finished) .*(sing device /dev/mapper|from hibernation)",))
# A bare disk seems to hold a hibernated system, too, and resume= finds it there. The kernel looks
# only at the swap on the checked volume, and says that it cannot use that image: once.
RESUME_DECOY = Case("", disk=("tiny", "swap-volume", "swap-decoy"),
                    append=f"resume=UUID={tamper.SWAP_UUID}",
                    shows=("means /dev/vd., which is not on the checked volumes",
                           "PM: .*Failed to load image",
                           "/dev/mapper/swap holds a hibernated system, which the kernel did not"),
                    hides=(r"PM: .*Failed to load image(.*\n)+.*PM: .*Failed to load image",))
CODES = {"wrong": 2, "absent": 6, "refused": 7, "refused-endless": 7, "superblock": 4, "flip-fs": 8,
         "no-module": 1}
# Another disk has the root's UUID, and the boot takes it: nothing runs from it. Of the image's
# volumes all is well.
OTHER_ROOT = Case("", disk=("tiny", "ext4"), root="/dev/disk/by-id/virtio-disk1", ends="shell",
                  append="fsck.mode=skip rd.skipfsck",
                  last="is on vd., which is not on the checked volumes of this image .cryptroot.")
