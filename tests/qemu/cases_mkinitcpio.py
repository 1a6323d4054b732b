# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitcpio's part of the table of boots: images with udev and with systemd. A few run by
default."""

from dataclasses import replace

from lib import rootfs
from lib.disks import ROOT_UUID

from .boot import PROMPT, Case, answer, enter, expect, question, quiet, shell
from .failures import CODES, MODES, OTHER_ROOT, RESUME, RESUME_DECOY, SHORT_WAIT, TIMES_3
from .failures import FAILURES as COMMON

KINDS = ("udev", "systemd")
# What users of mkinitcpio's own hooks have on the command line, and how these ask.
THEIR_LINE = {"udev": f"cryptdevice=UUID={ROOT_UUID}:{rootfs.NAME}",
              "systemd": f"rd.luks.name={ROOT_UUID}={rootfs.NAME}"}
THEIRS = (r"A password is required", r"[Ee]nter passphrase")
# When ours is over, mkinitcpio's encrypt hook says that there is nothing left to do.
CONTENT = {"udev": (f"Device {rootfs.NAME} already exists",), "systemd": ()}

# mkinitcpio does not repeat the reason; it is the program's own.
FAILURES = {**COMMON,
            "wrong": ("", replace(COMMON["wrong"][1], last=r"wrong passphrase \(3 attempts\)"))}


def _failure(what: str, kind: str) -> Case:
    how, case = FAILURES[what]
    after = (shell("cat /run/intact/*", f"code={CODES[what]}"),) if kind == "udev" else ()
    return replace(case, image=f"mkinitcpio-{kind}{how}", ends="shell", after=after, hides=THEIRS)


def _beside(kind: str, how: str) -> Case:
    return Case(f"mkinitcpio-{kind}-{how}", append=THEIR_LINE[kind], shows=CONTENT[kind],
                hides=THEIRS)


CASES: dict[str, Case] = {
    "mkinitcpio/udev-beside-encrypt": _beside("udev", "beside"),
    "mkinitcpio/systemd-beside-sd-encrypt": _beside("systemd", "beside"),
    "mkinitcpio/udev-tpm": Case("mkinitcpio-udev", hides=THEIRS, dialogue=(), prompts=0,
                                tpm=("--tpm2-pcrs=",)),
    # The TPM gives no key, and the passphrase is asked for.
    **{f"slow/mkinitcpio/{kind}-tpm-gone": Case(
        f"mkinitcpio-{kind}", hides=THEIRS, tpm=("--tpm2-pcrs=",), tpm_gone=True,
        shows=("token . of /dev/vd.: this machine has no TPM 2.0",)) for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}-tpm-changed": Case(
        f"mkinitcpio-{kind}", hides=THEIRS, tpm=("--tpm2-pcrs=15",), tpm_changed=15,
        shows=("its PCRs are not those that the key was bound to",)) for kind in KINDS},
    "mkinitcpio/udev-flip-fs": _failure("flip-fs", "udev"),
    "mkinitcpio/systemd-wrong": _failure("wrong", "systemd"),
    **{f"slow/mkinitcpio/{kind}": Case(f"mkinitcpio-{kind}", hides=THEIRS) for kind in KINDS},
    "slow/mkinitcpio/systemd-fails-resume": replace(RESUME, image="mkinitcpio-systemd"),
    # On the screen also where systemd tells of every unit.
    "slow/mkinitcpio/systemd-fails-talkative": replace(_failure("flip-fs", "systemd"),
                                                       append="systemd.show_status=1"),
    # The peer: the same disk with mkinitcpio's own hook.
    "slow/mkinitcpio/udev-peer": Case("mkinitcpio-udev-peer", append=THEIR_LINE["udev"], prompts=0,
                                      dialogue=answer(prompt=r"Enter passphrase for /dev/vd.: ")),
    "slow/mkinitcpio/systemd-peer": Case("mkinitcpio-systemd-peer", append=THEIR_LINE["systemd"],
                                         prompts=0,
                                         dialogue=answer(prompt=r"[Ee]nter passphrase for .*: ")),
    # Made on the running root with autodetect; nothing but the command line that mkinitcpio's hook
    # wants.
    **{f"slow/mkinitcpio/{kind}-untouched": _beside(kind, "guest") for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}-guest-without-their-line": Case(f"mkinitcpio-{kind}-guest")
       for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}-by-hand": _beside(kind, "by-hand") for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}-zstd-modules": Case(f"mkinitcpio-{kind}-zstd") for kind in KINDS},
    # Nobody types for longer than systemd waits for a device, a job or a service.
    **{f"slow/mkinitcpio/{kind}-after-100-s": Case(f"mkinitcpio-{kind}", dialogue=(
        question(), quiet(r"Timed out|TIME|Dependency failed|emergency|" + PROMPT, 100), enter()))
       for kind in KINDS},
    "mkinitcpio/udev-other-root": replace(OTHER_ROOT, image="mkinitcpio-udev-promised"),
    "slow/mkinitcpio/systemd-other-root": replace(OTHER_ROOT, image="mkinitcpio-systemd-promised"),
    **{f"slow/mkinitcpio/{kind}-holds": Case(f"mkinitcpio-{kind}-promised") for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}-resume-decoy": replace(
        RESUME_DECOY, image=f"mkinitcpio-{kind}-resume-promised") for kind in KINDS},
    # The hook resume is before ours.
    "slow/mkinitcpio/udev-resume-first": replace(
        RESUME_DECOY, image="mkinitcpio-udev-resume-first"),
    # The command line does not say where it is.
    "slow/mkinitcpio/udev-resume-unnamed": replace(
        RESUME_DECOY, image="mkinitcpio-udev-resume-promised", append="",
        shows=RESUME_DECOY.shows[1:]),
    **{f"slow/mkinitcpio/{kind}-fails-{what}": _failure(what, kind) for kind in KINDS
       for what in FAILURES},
    # The shell is left: another attempt.
    "slow/mkinitcpio/udev-again": Case("mkinitcpio-udev", prompts=4, dialogue=(
        *TIMES_3, expect(r"still locked", unless=""), expect(r"^\[rootfs", unless=""),
        enter("exit"), answer())),
    **{f"slow/mkinitcpio/{kind}-root-{name.lower()}": Case(f"mkinitcpio-{kind}",
                                                           root=f"{name}={value}") for kind in KINDS
       for name, value in (("UUID", rootfs.FS_UUID), ("LABEL", rootfs.FS_LABEL))},
    **{f"slow/mkinitcpio/{kind}-many-cpus": Case(f"mkinitcpio-{kind}", cpus=4) for kind in KINDS},
    # The volume on standalone dm-integrity.
    **{f"slow/mkinitcpio/{kind}-leg": Case(
        f"mkinitcpio-{kind}-legs", disk="leg-luks",
        stack=f"{rootfs.NAME} over {rootfs.NAME}_dif over leg0") for kind in KINDS},
    # What lies in the volume.
    **{f"slow/mkinitcpio/{kind}-lvm": Case(
        f"mkinitcpio-{kind}-lvm", disk="lvm", root="/dev/system/root",
        stack=f"system-root over {rootfs.NAME} over {rootfs.NAME}_dif") for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}-btrfs": Case(f"mkinitcpio-{kind}", disk="btrfs",
                                             append="rootflags=subvol=@root") for kind in KINDS},
    **{f"slow/mkinitcpio/{kind}/mode-{mode}": Case(f"mkinitcpio-{kind}", disk=mode)
       for kind in KINDS for mode in MODES},
    **{f"slow/mkinitcpio/{kind}/mode-no-aesni": Case(f"mkinitcpio-{kind}", cpu="qemu64")
       for kind in KINDS},
    # A new kernel and an old image, or the other way round.
    **{f"slow/mkinitcpio/{kind}-other-kernel": Case(
        f"mkinitcpio-{kind}", kernel="debian@bookworm", ends="shell", prompts=0, dialogue=(),
        append=SHORT_WAIT, timeout=150,
        last=f"no disk with UUID={ROOT_UUID} appeared",
        shows=("image has modules for kernel .*, but kernel 6.1.* is running",))
       for kind in KINDS},
    # From an empty disk to the login prompt.
    **{f"slow/mkinitcpio/{kind}-scratch": Case(f"mkinitcpio-{kind}-scratch", disk="scratch",
                                               append="intact.report", timeout=240)
       for kind in KINDS},
}
