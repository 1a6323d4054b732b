# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut, and its part of the table of images."""

from .generator import Generator, Image

# Without systemd in the image, as its users leave it out. "Plain" below.
PLAIN = ("--omit", "systemd systemd-initrd systemd-cryptsetup dracut-systemd")
GENERIC = ("--no-hostonly",)
HOSTONLY = ("--hostonly", "--no-hostonly-cmdline")
# A chroot on the machine that runs the tests says nothing about the drivers of the guests.
VIRTIO = ("--add-drivers", "virtio_pci virtio_blk ext4")

IMAGES: dict[str, Image] = {
    "dracut-systemd": Image("dracut", "dracut", options=HOSTONLY + VIRTIO),
    "dracut-plain": Image("dracut", "dracut", options=HOSTONLY + VIRTIO + PLAIN),
    "dracut-systemd-generic": Image("dracut", "dracut", options=GENERIC),
    "dracut-plain-generic": Image("dracut", "dracut", options=GENERIC + PLAIN),
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
                      # Without systemd dracut's own shell; with it, systemd's question before that or its refusal.
                      r"^dracut:/[^ ]*[#$] |^Press Enter for (?:system )?maintenance|^Cannot open access to console",
                      "printf 'add_drivers+=\" virtio_pci virtio_blk \"\\n' >/share/etc/dracut.conf.d/drivers.conf")
