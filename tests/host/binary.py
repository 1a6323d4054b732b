# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of the two programs as files: size, hardening, and that two builds in two folders are the
same bytes."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from lib import ours
from lib.paths import REPO
from lib.proc import Failed, run
from lib.suite import Test

# Bytes of intact-unlock, stripped: with a TPM, and without.
LIMIT_TPM = 1205862     # 1.15 MiB
LIMIT = 1 << 20


def _has_tpm(full: Path) -> bool:
    return bool(re.search(r"FUNC.* Esys_\w+$", run(["readelf", "-W", "-s", full]), re.MULTILINE))


def _size() -> None:
    size = ours.program(ours.UNLOCK).stat().st_size
    limit = LIMIT_TPM if _has_tpm(Path(f"{ours.UNLOCK}.full")) else LIMIT
    if size > limit:
        raise Failed(f"intact-unlock has {size} bytes, more than {limit}")


def _without_tpm() -> None:
    """WITH_TPM=no: nothing of tpm2-tss, and a smaller program."""
    with tempfile.TemporaryDirectory(prefix="intact-no-tpm-") as folder:
        run(["cp", "-a", REPO / "src", REPO / "deps", REPO / "Makefile", folder])
        (Path(folder) / "tests").mkdir()
        run(["cp", "-a", REPO / "tests" / "tests.mk", Path(folder) / "tests"])
        run(["make", "-s", "-j2", "-C", folder, "WITH_TPM=no", "all"])
        for program in (ours.UNLOCK, ours.TOOL):
            built = Path(folder) / "build" / program.name
            if _has_tpm(Path(f"{built}.full")):
                raise Failed(f"{program.name} was made with WITH_TPM=no and holds tpm2-tss")
        size = (Path(folder) / "build" / ours.UNLOCK.name).stat().st_size
        if size > LIMIT:
            raise Failed(f"without a TPM intact-unlock has {size} bytes, more than {LIMIT}")


def _readelf(program: Path, option: str) -> str:
    return run(["readelf", "-W", option, ours.program(program)])


def _static() -> None:
    """No dynamic loader, no library, nothing left for one to relocate by name: a static-pie."""
    for program in (ours.UNLOCK, ours.TOOL):
        if not re.search(r"Type:\s+DYN", _readelf(program, "-h")):
            raise Failed(f"{program.name} is not position-independent")
        if "INTERP" in _readelf(program, "-l"):
            raise Failed(f"{program.name} asks for a dynamic loader")
        if "(NEEDED)" in _readelf(program, "-d"):
            raise Failed(f"{program.name} asks for a library")


def _hardened() -> None:
    for program in (ours.UNLOCK, ours.TOOL):
        segments = _readelf(program, "-l")
        if "GNU_RELRO" not in segments:
            raise Failed(f"{program.name} has no relro")
        if not re.search(r"FLAGS_1.*NOW|\(FLAGS\).*BIND_NOW", _readelf(program, "-d")):
            raise Failed(f"{program.name} binds lazily")
        stack = re.search(r"GNU_STACK.*", segments)
        if not stack or "E" in stack.group(0).split()[-2]:
            raise Failed(f"{program.name} has an executable stack")
        for symbol in ("__stack_chk_fail",):
            if symbol not in _readelf(Path(f"{program}.full"), "-s"):
                raise Failed(f"{program.name} was built without {symbol}")


def _no_way_out() -> None:
    """Nothing that would load code, start a shell or use AF_ALG's callers by name is linked in."""
    symbols = _readelf(Path(f"{ours.UNLOCK}.full"), "-s")
    for name in ("dlopen", "system", "popen"):
        if re.search(rf"FUNC\s+GLOBAL\s+\S+\s+\d+\s+{name}$", symbols, re.MULTILINE):
            raise Failed(f"intact-unlock holds {name}()")


def _reproducible() -> None:
    """Built again from a copy in another folder, with the same static libraries."""
    with tempfile.TemporaryDirectory(prefix="intact-again-") as folder:
        run(["cp", "-a", REPO / "src", REPO / "deps", REPO / "Makefile", folder])
        (Path(folder) / "tests").mkdir()
        run(["cp", "-a", REPO / "tests" / "tests.mk", Path(folder) / "tests"])
        run(["make", "-s", "-j2", "-C", folder, "all"])
        for program in (ours.UNLOCK, ours.TOOL):
            if (Path(folder) / "build" / program.name).read_bytes() != ours.program(
                    program).read_bytes():
                raise Failed(f"two builds of {program.name} differ")


CHECKS: dict[str, Callable[[], None]] = {
    "size": _size, "without-tpm": _without_tpm, "static-pie": _static, "hardened": _hardened,
    "no-way-out": _no_way_out, "reproducible": _reproducible,
}


def tests() -> list[Test]:
    return [Test(f"binary/{name}", lambda report, logs, check=check: check())
            for name, check in CHECKS.items()]
