# SPDX-License-Identifier: GPL-2.0-or-later
"""Tokens that the real systemd-cryptenroll wrote (tests/golden-tpm2), opened with the TPM that they
were made for, and every way in which that can fail."""

import base64
import copy
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from lib.paths import REPO, MEMORY
from lib.proc import ENVIRONMENT, Failed, Missing, run
from native import tpm

DATA = REPO / "tests/data/tpm2"
OK = "end: no fault (0)"
PIN = "the PIN is wrong"
POLICY = "the TPM does not give the key, because its PCRs are not those"


class Golden:
    """The tokens of one version of systemd."""

    def __init__(self, version: str, folder: Path) -> None:
        self.folder = folder
        self.data = json.loads((DATA / f"{version}.json").read_text())
        self.state = folder / "state"
        self.state.mkdir()
        (self.state / "tpm2-00.permall").write_bytes((DATA / f"{version}.tpm").read_bytes())
        (folder / "signature.json").write_text(json.dumps(self.data["signature"]))
        (folder / "pcrlock.json").write_text(json.dumps(self.data.get("pcrlock")))
        self.env = {"SIGNATURE": str(folder / "signature.json"),
                    "PCRLOCK": str(folder / "pcrlock.json")}

    def token(self, name: str) -> dict:
        return copy.deepcopy(self.data["tokens"][name]["token"])

    def unseal(self, device: tpm.Swtpm, token: dict, pin: str | None, **env: str) -> str:
        (self.folder / "token").write_text(json.dumps(token))
        return device.program("unseal", str(self.folder / "token"), *([pin] if pin else []),
                              **{**self.env, **env})

    def opens(self, device: tpm.Swtpm, name: str, **env: str) -> None:
        want = self.data["tokens"][name]
        text = self.unseal(device, want["token"], want["pin"], **env)
        if f"passphrase: {want['passphrase-sha256']}\n" not in text:
            raise Failed(f"{name}:\n{text}")


def _fails(text: str, why: str) -> None:
    if f"end: {why}" not in text or re.search("passphrase: .", text):
        raise Failed(f"wanted {why!r}:\n{text}")


def _says(text: str, what: str) -> None:
    if what not in text:
        raise Failed(f"wanted {what!r}:\n{text}")


def _loaded(device: tpm.Swtpm) -> str:
    return device.program("sessions")


def _all(version: str) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        golden = Golden(version, folder)
        with tpm.Swtpm(golden.state) as device:
            before = _loaded(device)
            for name in golden.data["tokens"]:
                golden.opens(device, name)
            # Again and again in one process: whatever is left behind is a session less.
            golden.opens(device, "signed-pin", TIMES="8")
            if _loaded(device) != before:
                raise Failed("something stays loaded:\n" + _loaded(device))
    return check


def _many_sessions(folder: Path) -> None:
    """Keys of sessions with leading zeros in a coordinate: one in 128."""
    golden = Golden("257", folder)
    with tpm.Swtpm(golden.state) as device:
        golden.opens(device, "pcr", TIMES="600")


def _wrong_pin(folder: Path) -> None:
    """Told apart, costs an attempt, leaves nothing behind; the third is a lockout, and then also
    the right PIN is refused. The dry run costs nothing and sees the lockout."""
    golden = Golden("262", folder)
    with tpm.Swtpm(golden.state) as device:
        before = _loaded(device)
        device.tool("tpm2_dictionarylockout", "-s", "-n", "3", "-t", "1000", "-l", "1000")
        device.tool("tpm2_dictionarylockout", "-c")
        for _ in range(9):
            text = golden.unseal(device, golden.token("pin"), None)
            _says(text, OK)
        _fails(golden.unseal(device, golden.token("pin"), "wrong"), PIN)
        golden.opens(device, "pin")
        _fails(golden.unseal(device, golden.token("pin-direct"), "wrong"), PIN)
        _fails(golden.unseal(device, golden.token("signed-pin"), "wrong"), PIN)
        for name in ("pin", "pin-direct"):
            _fails(golden.unseal(device, golden.token(name), golden.data["tokens"][name]["pin"]),
                   "the TPM is locked after too many wrong PINs")
        _fails(golden.unseal(device, golden.token("pin"), None), "the TPM is locked")
        # Without a PIN it still gives its key.
        golden.opens(device, "pcr")
        if _loaded(device) != before:
            raise Failed("something stays loaded:\n" + _loaded(device))


def _changed_pcr(folder: Path) -> None:
    for version in ("252", "257", "262"):
        place = folder / version
        place.mkdir()
        golden = Golden(version, place)
        with tpm.Swtpm(golden.state) as device:
            device.program("extend", "7", "changed")
            for name, entry in golden.data["tokens"].items():
                if 7 not in entry["token"]["tpm2-pcrs"]:
                    golden.opens(device, name)
                    continue
                _fails(golden.unseal(device, golden.token(name), entry["pin"]), POLICY)
                # With a PIN: before it is asked for.
                _fails(golden.unseal(device, golden.token(name), None), POLICY)
            # Also where the token does not say which policy it is: then the TPM does.
            token = golden.token("pcr")
            token["tpm2-policy-hash"] = ""
            _fails(golden.unseal(device, token, None), "the token holds bytes")


def _signatures(folder: Path) -> None:
    golden = Golden("257", folder)
    empty = folder / "empty.json"
    empty.write_text("{}")
    wrong = json.loads(json.dumps(golden.data["signature"]))
    entry = wrong["sha256"][0]
    sig = bytearray(base64.b64decode(entry["sig"]))
    sig[-1] ^= 1
    entry["sig"] = base64.b64encode(bytes(sig)).decode()
    forged = folder / "forged.json"
    forged.write_text(json.dumps(wrong))
    with tpm.Swtpm(golden.state) as device:
        none = "there is no signature for the present values"
        for path in (str(empty), "/nowhere"):
            _fails(golden.unseal(device, golden.token("signed"), None, SIGNATURE=path), none)
        _fails(golden.unseal(device, golden.token("signed"), None, SIGNATURE=str(forged)),
               "the signature for the TPM's PCRs is wrong")
        # Another phase than the one that is signed.
        device.program("extend", "11", "enter-initrd")
        _fails(golden.unseal(device, golden.token("signed"), None), none)
        _fails(golden.unseal(device, golden.token("shards"), None), none)


def _pcrlock(folder: Path) -> None:
    golden = Golden("257", folder)
    with tpm.Swtpm(golden.state) as device:
        _fails(golden.unseal(device, golden.token("pcrlock"), None, PCRLOCK="/nowhere"),
               "there is no pcrlock policy")
        other = golden.data["pcrlock"]
        other["nvHandle"] = other["srkHandle"]
        (folder / "other.json").write_text(json.dumps(other))
        _fails(golden.unseal(device, golden.token("pcrlock"), None,
                             PCRLOCK=str(folder / "other.json")), "there is no pcrlock policy")
        device.program("extend", "14", "something else")
        golden.opens(device, "pcrlock")
        # The other value that is allowed cannot be reached; any third one is refused.
        device.program("extend", "12", "third")
        _fails(golden.unseal(device, golden.token("pcrlock"), None), POLICY)
        device.tool("tpm2_nvundefine", "0x01d10220", "-C", "o")
        _fails(golden.unseal(device, golden.token("shards"), None), POLICY)


def _credential(folder: Path) -> None:
    """What systemd-creds of two versions wrote for systemd-pcrlock, beside files of other policies:
    before and behind it, and one that another key hides."""
    for version in ("257", "262"):
        (folder / version).mkdir()
        with tempfile.TemporaryDirectory(prefix="intact-tpm2-") as root:
            _credential_of(version, Golden("257", folder / version), Path(root))


def _credential_of(version: str, golden: Golden, root: Path) -> None:
    other = copy.deepcopy(golden.data["pcrlock"])
    other["pcrValues"][0]["values"] = ["5a" * 32, "5b" * 32]
    stale = root / "run/systemd/pcrlock.json"
    brought = root / ".extra/global_credentials"
    for path in (stale.parent, brought, root / "dev"):
        path.mkdir(parents=True)
    run(["mknod", root / "dev/null", "c", "1", "3"])
    run(["mknod", root / "dev/random", "c", "1", "8"])
    run(["cp", tpm.PROGRAM, root / "try-tpm"])
    (root / "token").write_text(json.dumps(golden.token("pcrlock")))
    stale.write_text(json.dumps(other))
    credential = (DATA / f"{version}.cred").read_text()
    hidden = bytearray(base64.b64decode(credential))
    hidden[0] ^= 1
    (brought / "pcrlock.before.cred").write_bytes(base64.b64encode(hidden))
    (brought / "pcrlock.folder.cred").mkdir()
    (brought / "unlike.cred").write_text(credential)
    opened = golden.data["tokens"]["pcrlock"]["passphrase-sha256"]
    with tpm.Swtpm(golden.state) as device:
        def asked() -> str:
            done = subprocess.run(["chroot", root, "/try-tpm", "unseal", "/token"],
                                  env={**ENVIRONMENT, "SWTPM": device.tcti},
                                  stdout=subprocess.PIPE, check=False, text=True)
            return done.stdout

        _fails(asked(), POLICY)
        (brought / "PCRLOCK.GOLDEN.CRED").write_text(credential)
        _says(asked(), opened)
        stale.unlink()
        _says(asked(), opened)
        (brought / "PCRLOCK.GOLDEN.CRED").unlink()
        _fails(asked(), "there is no pcrlock policy")


def _index_gone(folder: Path) -> None:
    golden = Golden("257", folder)
    with tpm.Swtpm(golden.state) as device:
        device.tool("tpm2_nvundefine", "0x01d10220", "-C", "o")
        _fails(golden.unseal(device, golden.token("pcrlock"), None), "the TPM does not have the NV")


def _another_tpm(folder: Path) -> None:
    """A new one has neither the storage key nor the seed; a PIN is not even asked for."""
    for version in ("252", "257", "262"):
        place = folder / version
        place.mkdir()
        golden = Golden(version, place)
        empty = place / "empty"
        empty.mkdir()
        with tpm.Swtpm(empty) as device:
            for name in golden.data["tokens"]:
                text = golden.unseal(device, golden.token(name), None)
                _fails(text, "the key was bound to another TPM")


def _unknown_field(folder: Path) -> None:
    golden = Golden("262", folder)
    with tpm.Swtpm(golden.state) as device:
        token = golden.token("pin")
        token["tpm2_frobnicate"] = True
        text = golden.unseal(device, token, "wrong")
        _says(text, 'the token has the field "tpm2_frobnicate", which is unknown here')
        _fails(text, "the token holds bytes")
        token = golden.token("pcr")
        token["comment"] = "of somebody"
        _says(golden.unseal(device, token, None), OK)


def _memory(folder: Path) -> None:
    golden = Golden("262", folder)
    with tpm.Swtpm(golden.state) as device:
        token = golden.token("pin")
        if "tpm2_argon2id_memcost" not in token:
            raise Failed("the token has no Argon2id")
        token["tpm2_argon2id_memcost"] = 1 << 41
        _fails(golden.unseal(device, token, "1234"), "there is not enough memory")


TESTS: dict[str, Callable[[Path], None]] = {
    "252": _all("252"), "257": _all("257"), "262": _all("262"), "many-sessions": _many_sessions,
    "wrong-pin": _wrong_pin,
    "changed-pcr": _changed_pcr, "signatures": _signatures, "pcrlock": _pcrlock,
    "pcrlock-index-gone": _index_gone, "pcrlock-credential": _credential,
    "another-tpm": _another_tpm,
    "unknown-field": _unknown_field, "argon2id-memory": _memory,
}


def run_case(name: str) -> None:
    if not tpm.PROGRAM.exists():
        raise Missing(f"{tpm.PROGRAM.name} is not built (run make check, not tests/run)")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        TESTS[name](Path(folder))
