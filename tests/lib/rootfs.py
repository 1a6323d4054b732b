# SPDX-License-Identifier: GPL-2.0-or-later
"""Root file systems as images, made on the host: what is copied into a mapping in one stream.

"tiny" is busybox and an init that reports and switches off; "debian" is the real tree,
"debian-TREE" another of lib/debian.py.
"""

import tempfile
from pathlib import Path

from . import cache, debian, lab
from .paths import TESTS
from .proc import run

FS_UUID = "5f5b0c9e-0000-4000-8000-0000000000f5"
LUKS_UUID = "1a7ac700-0000-4000-8000-000000000001"       # of every disk with a single root
NAME = "cryptroot"                                       # of its mapping, in every crypttab
FS_LABEL = "intact-root"
MIB = 1 << 20
# What a system needs to be a guest of ours beside its packages.
PASSWORD = "intact"
MKE2FS = ["mke2fs", "-q", "-t", "ext4", "-F", "-b", "4096", "-L", FS_LABEL, "-U", FS_UUID, "-m",
          "0", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"]


def _tiny(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("bin", "sbin", "dev", "proc", "sys", "run", "tmp", "etc", "root", "mnt"):
            (root / name).mkdir()
        (root / "bin/busybox").write_bytes(lab.busybox())
        (root / "bin/busybox").chmod(0o755)
        for name in ("sh", "mount", "cat", "cut", "dd", "dmesg", "grep", "ls", "poweroff", "sed",
                     "sleep", "sync", "tail", "tr"):
            (root / "bin" / name).symlink_to("busybox")
        (root / "sbin/init").write_bytes((TESTS / "lib/tiny-init").read_bytes())
        (root / "sbin/init").chmod(0o755)
        (root / "sbin/report").write_bytes((TESTS / "lib/report").read_bytes())
        # initramfs-tools looks at these before it leaves.
        (root / "etc/fstab").write_text("")
        (root / "etc/os-release").write_text("ID=intact-tiny\n")
        run([*MKE2FS, "-d", root, path, "24M"])


# intact.report: tell the test bed and switch off. intact.demo: tell the second serial port and go
# on to the login.
SERVICES = {
    "intact-report.service": """[Unit]
Description=Report to the test bed
After=basic.target
# A getty hangs up whoever writes to its line.
Before=getty.target serial-getty@ttyS0.service
ConditionKernelCommandLine=intact.report
[Service]
Type=oneshot
StandardOutput=tty
TTYPath=/dev/ttyS0
ExecStart=/bin/sh -c '. /usr/local/lib/report; report; poweroff -f -f'
[Install]
WantedBy=multi-user.target
""",
    "intact-demo.service": """[Unit]
Description=Report to the demo
DefaultDependencies=no
After=systemd-remount-fs.service
Before=sysinit.target
ConditionKernelCommandLine=intact.demo
[Service]
Type=oneshot
StandardOutput=tty
TTYPath=/dev/ttyS1
ExecStart=/bin/sh -c '. /usr/local/lib/report; report'
[Install]
WantedBy=sysinit.target
""",
}

# init=/usr/local/sbin/run-share: no systemd, only the script in the shared folder (quick under
# emulation).
RUN_SHARE = """#!/bin/sh
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
[ -e /proc/self ] || mount -t proc proc /proc
[ -e /sys/block ] || mount -t sysfs sysfs /sys
[ -e /dev/console ] || mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
mount -o remount,rw /
mkdir -p /share
modprobe -a -q 9pnet_virtio 9p
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /share
echo INTACT-SHARE-START
sh /share/script
echo "INTACT-SHARE-EXIT $?"
umount /share
sync
echo o >/proc/sysrq-trigger
sleep 60
"""


def _debian(path: Path, base: debian.Tree) -> None:
    with debian.mounted(base) as mount, tempfile.TemporaryDirectory(dir=path.parent) as out:
        share = Path(out)
        (share / "report").write_bytes((TESTS / "lib/report").read_bytes())
        for name, text in SERVICES.items():
            (share / name).write_text(text)
        (share / "run-share").write_text(RUN_SHARE)
        mount.run(f"""
set -e
cp /out/report /usr/local/lib/report
cp /out/run-share /usr/local/sbin/run-share
chmod 755 /usr/local/sbin/run-share
cp /out/*.service /etc/systemd/system/
systemctl enable intact-report.service intact-demo.service
systemctl mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \\
	e2scrub_all.timer
rm -f /etc/resolv.conf
printf '{NAME} UUID={LUKS_UUID} none luks\\n' >/etc/crypttab
printf '/dev/mapper/{NAME} / ext4 errors=remount-ro 0 1\\n' >/etc/fstab
echo 'root:{PASSWORD}' | chpasswd
rm -rf /var/cache/apt/*.bin /var/lib/apt/lists/* /usr/share/locale/* /boot/initrd*
mkdir /tmp/whole
mount --bind / /tmp/whole
rm -rf /tmp/whole/lab-root
size=$(du -smx /tmp/whole | cut -f1)
{' '.join(MKE2FS)} -d /tmp/whole /out/image $((size * 115 / 100 + 160))M
""", binds={"/out": share})
        (share / "image").rename(path)


def image(name: str) -> Path:
    """The file system image of that name."""
    if name == "tiny":
        return cache.entry("root", "tiny",
                           (lab.busybox(), TESTS / "lib/tiny-init", TESTS / "lib/report", MKE2FS,
                            cache.recipe(_tiny)), _tiny)
    base = debian.tree(name.removeprefix("debian-"))
    return cache.entry("root", name,
                       (base.id, TESTS / "lib/report", MKE2FS, LUKS_UUID, NAME, RUN_SHARE, SERVICES,
                        cache.recipe(_debian)), lambda path: _debian(path, base), say=print)
