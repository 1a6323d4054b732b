# SPDX-License-Identifier: GPL-2.0-or-later
"""`intact check` on images that the real generators made: sound as they are and in every form in
which they may come, and broken in one way each.

What no boot reads is left out of the broken ones, so that they are small: firmware, most drivers,
and all of a module but its first bytes.
"""

import json
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from lib import cpio, debian, disks, images, ours
from lib.cpio import Entry
from lib.patience import patient
from lib.proc import Failed
from selftest.whole import program

Files = dict[str, Entry]
Change = Callable[[Files], None]

MAKERS = ("most", "klibc", "dracut-systemd", "dracut-plain", "mkinitcpio-udev",
          "mkinitcpio-systemd")
KEPT_DRIVERS = re.compile(r"/kernel/drivers/(md|block|crypto|usb|mmc|scsi|virtio)/")
EARLY = cpio.pack([cpio.file("kernel/x86/microcode/GenuineIntel.bin", b"microcode")])


def small(files: Files) -> Files:
    """Of modules only the names are looked at; the whole image is read before."""
    return {name: replace(entry, data=entry.data[:512]) if ".ko" in name[-7:] else entry
            for name, entry in files.items()
            if "/firmware/" not in name and "/hwdb" not in name
            and ("/kernel/drivers/" not in name or KEPT_DRIVERS.search(name))}


def without(pattern: str) -> Change:
    def change(files: Files) -> None:
        names = [name for name in files if re.search(pattern, name)]
        if not names:
            raise Failed(f"no image has {pattern}: this test tests nothing")
        for name in names:
            del files[name]
    return change


def edited(pattern: str, old: str, new: str, mode: int | None = None) -> Change:
    """A file in which a text is another one."""
    def change(files: Files) -> None:
        for name, entry in files.items():
            if re.search(pattern, name) and stat.S_ISREG(entry.mode):
                text = re.sub(old.encode(), new.encode(), entry.data)
                if text == entry.data and mode is None:
                    continue
                files[name] = replace(entry, data=text, mode=mode or entry.mode)
                return
        raise Failed(f"no image has {pattern} with {old}: this test tests nothing")
    return change


def also(*entries: Entry) -> Change:
    return lambda files: files.update({entry.name: entry for entry in entries})


def other_tree(files: Files) -> None:
    for name in [name for name in files if "/modules/" in name]:
        moved = re.sub(r"/modules/[^/]+", "/modules/1.2.3-other", name)
        files[moved] = replace(files.pop(name), name=moved)


def other_processor(files: Files) -> None:
    for name, entry in files.items():
        if name.endswith("bin/intact-unlock"):
            data = bytearray(entry.data)
            data[18] = 183      # EM_AARCH64
            files[name] = replace(entry, data=bytes(data))


UNLOCK, TAB = r"bin/intact-unlock$", "etc/intact/crypttab$"
SHARED = {"most": r"/libc\.so\.6$", "klibc": r"/klibc-.*\.so$"}
STARTS = {
    "most": (without("scripts/local-top/intact$"),
             edited("scripts/local-top/ORDER$", "/scripts/local-top/intact", "#"),
             edited("scripts/local-top/intact$", "intact-unlock", "true")),
    "klibc": (edited("scripts/local-top/intact$", "$", "", stat.S_IFREG | 0o644),),
    "dracut-systemd": (without(r"system/intact-unlock\.service$"),
                       without(r"initrd-root-device\.target\.d/intact\.conf$"),
                       without("etc/initrd-release$"),
                       also(cpio.link("etc/systemd/system/intact-unlock.service", "/dev/null"))),
    "dracut-plain": (without("initqueue/10-intact-unlock.sh$"),
                     without("finished/10-intact-done.sh$")),
    "mkinitcpio-udev": (without("hooks/intact$"), edited("^config$", "keymap intact", "keymap")),
    "mkinitcpio-systemd": (without(r"sysroot\.mount\.d/intact\.conf$"),),
}

PARTS = {
    "most": (without("scripts/local-bottom/intact$"),
             edited("scripts/init-bottom/ORDER$", "/scripts/init-bottom/intact", "#")),
    "klibc": (without("scripts/init-bottom/intact$"),),
    "dracut-systemd": (without(r"initrd-cleanup\.service\.d/intact\.conf$"),
                       without(r"systemd-cryptsetup@\.service\.d/intact\.conf$")),
    "dracut-plain": (without("cleanup/99-intact-leave.sh$"),
                     without("pre-pivot/00-intact-root.sh$")),
    "mkinitcpio-udev": (edited("hooks/intact$", "--hand-over", ""),),
    "mkinitcpio-systemd": (without(r"initrd-switch-root\.service\.d/intact\.conf$"),),
}

# A row: a name → how an image is broken, the kind of fault that must be named, and whether the
# image then does not boot.
BROKEN: dict[str, tuple[Change, str, bool]] = {
    "no-init": (without("^init$"), "no-init", True),
    "init-not-executable": (edited("systemd/systemd$|^init$", "$", "", stat.S_IFREG | 0o644),
                            "init-not-executable", True),
    "no-loader": (without(r"/ld-linux-x86-64\.so\.2$|/klibc-"), "no-library", True),
    "other-kernel": (other_tree, "other-kernel", True),
    "no-modules": (without("/modules/"), "no-modules", True),
    "no-index": (without(r"modules\.dep\.bin$"), "no-module-index", True),
    "no-dm-integrity": (without(r"dm-integrity\.ko"), "no-module", True),
    "no-dependency": (without(r"dm-bufio\.ko"), "no-module", True),
    # The disk is not visible here: it may have another cipher.
    "no-authenc": (without(r"/authenc\.ko"), "no-module", False),
    "no-program": (without(UNLOCK), "not-started", True),
    "program-not-executable": (edited(UNLOCK, "$", "", stat.S_IFREG | 0o644), "not-started", True),
    "other-disk": (edited(TAB, disks.ROOT_UUID, disks.ROOT_UUID[::-1]), "other-disk", True),
    "not-listed": (edited(TAB, r"(?m)^.*$", ""), "not-listed", True),
    "other-pin": (edited(TAB, "luks,", "luks,x-intact.integrity=aead,"), "other-pin", True),
    "other-key": (edited(TAB, " none ", " /etc/key "), "other-key", False),
    "other-option": (edited(TAB, "luks,", "luks,tries=9,"), "other-option", False),
    "not-needed": (edited(TAB, "$", "old UUID=1-1 none luks\n"), "not-needed", False),
}


def packed(command: str, data: bytes) -> bytes:
    return subprocess.run(command.split(), input=data, capture_output=True, check=True).stdout


def half(files: Files) -> tuple[bytes, bytes]:
    names = sorted(files)
    halves = names[::2], names[1::2]
    return cpio.pack([files[n] for n in halves[0]]), cpio.pack([files[n] for n in halves[1]])


# What sets a keymap, and the generators' own files for it.
KEYMAP = re.compile(r"keymap\.bin$|kmap|keymaps/|/loadkeys$|etc/vconsole\.conf$|X11/xkb/")
LOADKEYS = cpio.file("usr/bin/loadkeys", program(), 0o755)
OF_KBD = LOADKEYS, cpio.file("usr/share/kbd/keymaps/i386/qwertz/de-latin1.map.gz", b"x")
OF_SETUPCON = LOADKEYS, cpio.file("etc/console-setup/cached_UTF-8_del.kmap.gz", b"x")
KEYMAPS = {"most": OF_SETUPCON, "klibc": OF_SETUPCON, "dracut": OF_KBD,
           "mkinitcpio": (cpio.file("keymap.bin", b"bkeymap"),)}
# The kernel's settings.
COMPRESSIONS = {"ZSTD": "zstd -1cq", "BZIP2": "bzip2 -1c", "LZMA": "xz -0c --format=lzma",
                "LZO": "lzop -1c"}
# Forms of a sound image.
FORMS: dict[str, Callable[[bytes, Files], bytes]] = {
    "plain": lambda data, files: data,
    "gzip": lambda data, files: packed("gzip -1c", data),
    "xz": lambda data, files: packed("xz -0c --check=crc32", data),
    "zstd": lambda data, files: packed("zstd -1cq", data),
    "lz4": lambda data, files: packed("lz4 -lc1", data),
    "bzip2": lambda data, files: packed("bzip2 -1c", data),
    "lzma": lambda data, files: packed("xz -0c --format=lzma", data),
    "lzo": lambda data, files: packed("lzop -1c", data),
    "early": lambda data, files: EARLY + packed("zstd -1cq", data),
    "padded": lambda data, files: EARLY + bytes(1024) + packed("gzip -1c", data) + bytes(512),
    "two": lambda data, files: b"".join(packed("zstd -1cq", part) for part in half(files)),
    "two-kinds": lambda data, files: packed("gzip -1c", half(files)[0]) + bytes(3)
    + packed("xz -0c --check=crc32", half(files)[1]),
}
# What is no image, made from a sound one.
NO_IMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "empty"),
    "text": (lambda data: b"no image\n", "no-image"),
    "only-early": (lambda data: EARLY, "no-init"),
    "truncated": (lambda data: data[:len(data) * 2 // 3], "truncated"),
    "truncated-zstd": (lambda data: packed("zstd -1cq", data)[:-5000], "truncated"),
    "truncated-xz": (lambda data: packed("xz -0c --check=crc32", data)[:-5000], "truncated"),
    "truncated-gzip": (lambda data: packed("gzip -1c", data)[:-5000], "truncated"),
    "truncated-lz4": (lambda data: packed("lz4 -lc1", data)[:-5000], "truncated"),
    "truncated-bzip2": (lambda data: packed("bzip2 -1c", data)[:-5000], "truncated"),
    "truncated-lzma": (lambda data: packed("xz -0c --format=lzma", data)[:-5000], "truncated"),
    "truncated-lzo": (lambda data: packed("lzop -1c", data)[:-5000], "truncated"),
    "truncated-inside": (lambda data: packed("zstd -1cq", data[:len(data) // 2]), "truncated"),
    "altered": (lambda data: _altered(packed("zstd -1cq", data)), "damaged"),
    "altered-bzip2": (lambda data: _altered(packed("bzip2 -1c", data)), "damaged"),
    # The kernel takes it for one with a checksum in each block.
    "lzo-without-checksum": (lambda data: packed("lzop -1cF", data), "damaged"),
    "junk-before": (lambda data: b"junk" + data, "no-image"),
    "large-name": (lambda data: b"070701" + b"00000001" * 11 + b"00100000" + b"0" * 8 + b"n" * 9999,
                   "damaged"),
    **{f"explodes-{name}": (lambda data, command=command: _huge(command), "too-large")
       for name, command in (("zstd", "zstd -1cq"), ("bzip2", "bzip2 -1c"), ("lzo", "lzop -1c"),
                             ("lzma", "xz -0c --format=lzma"))},
}
# The kernel keeps what it has unpacked before: qemu/junk-after boots.
JUNK: dict[str, Callable[[bytes], bytes]] = {
    "junk-after": lambda data: data + b"\0" * 512 + b"junk",
    "junk-after-zstd": lambda data: packed("zstd -1cq", data) + b"junk",
}


def _altered(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0x55 for byte in data[middle:middle + 64]) + data[
        middle + 64:]


def _huge(command: str) -> bytes:
    """A gibibyte and more of nothing, compressed."""
    head = cpio.pack([cpio.file("zeros", b"")])[:110]
    head = head[:54] + b"7FFFFFFF" + head[62:] + b"zeros\0"
    return subprocess.run(["sh", "-c", "{ cat; head -c 1100M /dev/zero; } | " + command],
                          input=head, capture_output=True, check=True).stdout


def variants(name: str) -> Iterator[tuple[str, bytes, str, bool]]:
    """Images made from the one of that name: the bytes, the kind of fault, and whether it is one
    that stops the boot."""
    files = small(cpio.read((images.folder(name) / "unpacked").read_bytes()))
    data = cpio.pack(list(files.values()))
    for form, make in FORMS.items():
        if name == "most" or form in ("plain", "two"):
            yield f"sound-{form}", make(data, files), "", False
    rows = dict(BROKEN)
    for i, change in enumerate(STARTS[name]):
        rows[f"not-started-{i}"] = change, "not-started", True
    for i, change in enumerate(PARTS[name]):
        rows[f"incomplete-{i}"] = change, "incomplete", True
    if name in SHARED:
        rows["no-library"] = without(SHARED[name]), "no-library", True
    if name == "most":
        rows["other-processor"] = other_processor, "not-started", True
        rows["circle"] = also(cpio.link("usr/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6")), \
            "no-library", True
        for label, (make, kind) in NO_IMAGES.items():
            yield label, make(data), kind, True
        for label, make in JUNK.items():
            yield label, make(data), "junk", False
    for label, (change, kind, fatal) in rows.items():
        changed = dict(files)
        change(changed)
        yield label, cpio.pack(list(changed.values())), kind, fatal


def system(name: str, root: Path) -> str:
    """A folder with what `intact check` looks at in the system that the image is for: its settings,
    its kernel's modules and configuration. Returns the kernel's version."""
    spec = images.TABLE[name]
    base = debian.tree(spec.tree)
    version, kernel = base.kernel()
    modules = base.find(f"/usr/lib/modules/{version}") or base.find(f"/lib/modules/{version}")
    if not modules:
        raise Failed(f"{base.name}: no modules of {version}")
    for folder in ("etc", "boot", "lib/modules"):
        (root / folder).mkdir(parents=True)
    (root / "etc/fstab").write_text(spec.fstab)
    # What the broken ones demand is another thing than this.
    (root / "etc/crypttab").write_text(
        spec.crypttab.replace("luks", "luks,x-intact.integrity=hmac(sha256)"))
    (root / "lib/modules" / version).symlink_to(modules)
    shutil.copy(kernel.parent / f"config-{version}", root / "boot")
    return version


def ask(image: Path, version: str, root: Path) -> tuple[dict, int]:
    """What `intact check` says of an image, and its exit code."""
    done = subprocess.run(
        [ours.program(ours.TOOL), "check", "--json", "--image", image, "--kernel", version,
         "--root", root], capture_output=True, text=True, check=False, timeout=patient(30))
    try:
        return json.loads(done.stdout), done.returncode
    except json.JSONDecodeError as error:
        raise Failed(f"{image.name}: {error}: {done.stdout}{done.stderr}") from error


def judge(label: str, said: dict, code: int, kind: str, fatal: bool) -> list[str]:
    """What is wrong with the verdict, if anything is."""
    kinds = [fault["kind"] for fault in said["faults"]
             if fault["kind"] != "system" and fault["severity"] != "note"]
    if (kind in kinds if kind else not kinds) and said["boots"] != fatal and code == int(fatal):
        return []
    return [f"{label}: exit {code}, boots {said['boots']}, expected {kind or 'nothing'}; said "
            + "; ".join(fault["text"] for fault in said["faults"])]


def keymaps(name: str, version: str, root: Path, image: Path) -> list[str]:
    """A system with another layout than the kernel's, and an image with or without a keymap."""
    files = small(cpio.read((images.folder(name) / "unpacked").read_bytes()))
    for path in [path for path in files if KEYMAP.search(path)]:
        del files[path]
    (root / "etc/vconsole.conf").write_text("KEYMAP=de-latin1\n")
    (root / "etc/default").mkdir(exist_ok=True)
    (root / "etc/default/keyboard").write_text('XKBLAYOUT="de"\n')
    image.write_bytes(cpio.pack(list(files.values())))
    faults = judge("no-keymap", *ask(image, version, root), "no-keymap", False)
    also(*KEYMAPS[name.split("-")[0]])(files)
    image.write_bytes(cpio.pack(list(files.values())))
    faults += judge("keymap", *ask(image, version, root), "", False)
    for path in ("etc/vconsole.conf", "etc/default/keyboard"):
        (root / path).unlink()
    return faults


def check(name: str) -> None:
    faults = []
    with tempfile.TemporaryDirectory(prefix="intact-verdicts-") as scratch:
        root, image = Path(scratch) / "root", Path(scratch) / "image"
        version = system(name, root)
        whole = images.folder(name) / "initrd"
        faults += judge("whole", *ask(whole, version, root), "", False)
        for label, data, kind, fatal in variants(name):
            image.write_bytes(data)
            faults += judge(label, *ask(image, version, root), kind, fatal)
        faults += keymaps(name, version, root, image)
        # A kernel that cannot read what the image is compressed with.
        config = root / "boot" / f"config-{version}"
        settings = config.read_text()
        for setting, command in COMPRESSIONS.items():
            config.write_text(settings.replace(f"CONFIG_RD_{setting}=y\n", ""))
            image.write_bytes(packed(command, EARLY))
            faults += judge(setting, *ask(image, version, root), "compression", True)
    if faults:
        raise Failed("\n".join(faults))
