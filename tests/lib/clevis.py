# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that clevis can open by itself."""

import json
import tempfile
from pathlib import Path

from . import debian
from .proc import run

# The passphrase is in the header, as clevis' pin for tests has it: no server is needed.
BIND = """set -e
printf %s intact | clevis encrypt null '{}' >/tmp/jwe
jose jwe fmt -i /tmp/jwe -o /out/jwe
"""


def bind(disk: Path) -> None:
    """Put a token of clevis into the header of a disk whose passphrase is "intact"."""
    with debian.mounted(debian.tree("remote")) as mount, tempfile.TemporaryDirectory(
            dir=disk.parent) as scratch:
        share = Path(scratch)
        mount.run(BIND, binds={"/out": share})
        (share / "token").write_text(json.dumps(
            {"type": "clevis", "keyslots": ["0"], "jwe": json.loads((share / "jwe").read_text())}))
        run(["ln", disk, share / "disk"])
        mount.run("mkdir -p /run/cryptsetup\n"
                  "cryptsetup token import --json-file /out/token /out/disk\n"
                  "cryptsetup luksDump /out/disk | grep clevis", binds={"/out": share})
