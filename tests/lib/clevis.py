# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks that clevis can open: by itself, or with the help of a tang server in the network."""

import json
import tempfile
from pathlib import Path

from . import debian
from .proc import Failed, run
from .qemu import Machine

# The passphrase is in the header, as clevis' pin for tests has it: no server is needed.
NULL = "printf %s intact | clevis encrypt null '{}' >/tmp/jwe"
# The address at which QEMU's network shows the server to a guest.
SERVER = "10.0.2.100"
KEYS = f"""set -e
mkdir /out/keys
/usr/libexec/tangd-keygen /out/keys
chmod 644 /out/keys/*
printf 'GET /adv HTTP/1.0\\r\\n\\r\\n' | /usr/libexec/tangd /out/keys | sed '1,/^\\r*$/d' >/out/adv
printf %s intact | clevis encrypt tang '{{"url":"http://{SERVER}","adv":"/out/adv"}}' >/out/jwe
"""
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def _import(disk: Path, make_jwe: str, binds: dict[str, Path]) -> None:
    """Put a token of clevis into the header of a disk whose passphrase is "intact"."""
    with debian.mounted(debian.tree("remote")) as mount, tempfile.TemporaryDirectory(
            dir=disk.parent) as scratch:
        share = Path(scratch)
        mount.run(f"set -e\n{make_jwe}\njose jwe fmt -i /tmp/jwe -o /out/jwe",
                  binds={"/out": share, **binds})
        (share / "token").write_text(json.dumps(
            {"type": "clevis", "keyslots": ["0"], "jwe": json.loads((share / "jwe").read_text())}))
        run(["ln", disk, share / "disk"])
        mount.run("mkdir -p /run/cryptsetup\n"
                  "cryptsetup token import --json-file /out/token /out/disk\n"
                  "cryptsetup luksDump /out/disk | grep clevis", binds={"/out": share})


def bind(disk: Path) -> None:
    """Clevis opens it by itself."""
    _import(disk, NULL, {})


def bind_to_server(disk: Path) -> None:
    """Clevis opens it with the help of a server, whose keys are then beside the disk."""
    server = disk.parent / "server"
    server.mkdir()
    with debian.mounted(debian.tree("tang")) as mount:
        mount.run(KEYS, binds={"/out": server})
    _import(disk, "cp /server/jwe /tmp/jwe", {"/server": server})


def serve(machine: Machine, server: Path, folder: Path) -> None:
    """Give a machine a network card, and the server with these keys at the other end: QEMU runs it
    for each connection."""
    tree = debian.tree("tang")
    program, loader = (tree.find(path) for path in ("usr/libexec/tangd",
                                                    f"{LIBRARIES}/ld-linux-x86-64.so.2"))
    if not program or not loader:
        raise Failed(f"{tree.name}: no tangd")
    libraries = ":".join(str(one / LIBRARIES) for one in tree.folders)
    script = folder / "tangd"
    script.write_text(f"#!/bin/sh\nexec '{loader}' --library-path '{libraries}' '{program}' "
                      f"'{server}/keys' 2>>'{folder}/tangd.log'\n")
    script.chmod(0o755)
    machine.extra += ["-netdev", f"user,id=net,guestfwd=tcp:{SERVER}:80-cmd:{script}", "-device",
                      "virtio-net-pci,netdev=net,romfile="]
