# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut's part of the table of boots: image kind by image kind, of which a diagonal runs by
default."""

from dataclasses import replace

from lib import rootfs, tamper
from lib.disks import HOME_UUID, ROOT_UUID
from lib.gen_dracut import SUITES
from lib.legs import ALGORITHM

from .boot import (PROMPT, SHELL, TPM_PIN, Case, Step, answer, enter, expect, on_screen, plug,
                   press, question, quiet, seen, shell, wake)
from .failures import CODES, FAILURES, MODES, OTHER_ROOT, RESUME, RESUME_DECOY

KINDS = ("systemd", "plain")
# plymouth's "details", which is what it shows on a serial line.
SPLASH = rf"Please unlock disk {rootfs.NAME}:(?!:)"
# plymouth draws on the screen although there is a serial line, where it says what it does. The
# keyboard is a French one.
DRAWN = Case(
    "", screen=True, prompts=0, ends="unseen",
    append="splash plymouth.ignore-serial-consoles plymouth.debug=stream:/dev/ttyS0",
    dialogue=(
        seen("Watching for keyboard input from renderer", "showing prompt"),
        press("i n t q c t ret"),
        expect("got newroot request|^INTACT-TEST-ROOT ",
               unless=rf"message wrong passphrase|{SHELL}")))
# The prompts of others.
THEIRS = (r"[Ee]nter passphrase", r"Password \(")


def _failure(what: str, kind: str, suite: str) -> Case:
    how, case = FAILURES[what]
    after: tuple[Step, ...] = (shell("cat /run/intact/*", f"code={CODES[what]}"),)
    if kind == "systemd" and suite:
        # Newer systemd keeps the shell locked where root has no password. Enter: the whole once
        # more.
        after = (expect("^Press Enter to continue", unless=""), quiet(PROMPT, 2),
                 wake(rf"intact: {rootfs.NAME}: |{PROMPT}"))
    elif kind == "systemd":
        after = (expect(r"\(or press Control-D", unless=""), quiet(PROMPT, 2), wake(r"^\S*# "),
                 quiet(PROMPT, 3), *after, shell("systemctl is-failed intact-unlock", "^failed"),
                 shell("journalctl -u intact-unlock | cat", case.last.removeprefix("cryptroot: ")))
    return replace(case, image=f"dracut-{kind}{how}{suite}", ends="shell", after=after)


ALL: dict[str, Case] = {
    **{f"{kind}{how}{suite}": Case(f"dracut-{kind}{how}{suite}")
       for kind in KINDS for how in ("", "-strict", "-generic", "-guest") for suite in SUITES},
    **{f"{kind}{how}{suite}/mode-{mode}": Case(f"dracut-{kind}{how}{suite}", disk=mode)
       for kind in KINDS for how in ("", "-generic") for suite in SUITES for mode in MODES},
    **{f"{kind}{suite}/fails-{what}": _failure(what, kind, suite)
       for kind in KINDS for suite in SUITES for what in FAILURES},
    **{f"{kind}{suite}/other-root": replace(OTHER_ROOT, image=f"dracut-{kind}-promised{suite}")
       for kind in KINDS for suite in SUITES},
    **{f"{kind}{suite}/holds": Case(f"dracut-{kind}-promised{suite}")
       for kind in KINDS for suite in SUITES},
    **{f"{kind}{suite}/resume-decoy": replace(RESUME_DECOY,
                                              image=f"dracut-{kind}-resume-promised{suite}")
       for kind in KINDS for suite in SUITES},
    # … and systemd has noted that device itself.
    **{f"systemd{suite}/resume-decoy-noted": replace(
        RESUME_DECOY, image=f"dracut-systemd-resume-promised{suite}", append="",
        hibernated=tamper.SWAP_UUID, shows=RESUME_DECOY.shows[1:]) for suite in SUITES[1:]},
    # The same root by its other names.
    **{f"{kind}{suite}/root-{name.lower()}": Case(f"dracut-{kind}{suite}", root=f"{name}={value}")
       for kind in KINDS for suite in SUITES
       for name, value in (("UUID", rootfs.FS_UUID), ("LABEL", rootfs.FS_LABEL))},
    # An image that knows no volume: the command line names it.
    **{f"{kind}{suite}/luks-name": Case(f"dracut-{kind}-bare{suite}", hides=THEIRS,
                                        append=f"rd.luks.name={ROOT_UUID}={rootfs.NAME}")
       for kind in KINDS for suite in SUITES},
    **{f"{kind}{suite}/luks-uuid": Case(
        f"dracut-{kind}-bare{suite}", hides=THEIRS, root=f"UUID={rootfs.FS_UUID}",
        dialogue=answer(prompt=rf"Please unlock disk luks-{ROOT_UUID}: "), prompts=0,
        stack=f"luks-{ROOT_UUID} over luks-{ROOT_UUID}_dif", append=f"rd.luks.uuid={ROOT_UUID}")
       for kind in KINDS for suite in SUITES},
    # The key is on a disk that has nothing else, named by a link.
    "systemd/raw-key": Case(
        "dracut-systemd-bare", disk=("tiny", "raw-key"), dialogue=(), prompts=0, hides=THEIRS,
        append=f"rd.luks.name={ROOT_UUID}={rootfs.NAME} "
               f"rd.luks.key={ROOT_UUID}=/dev/disk/by-id/virtio-disk1 "
               f"rd.luks.options={ROOT_UUID}=headless,keyfile-offset=4097,keyfile-size=6,"
               "x-systemd.device-timeout=120"),
    # A TPM gives the key, for a PIN that systemd's agent asks for.
    "systemd/tpm-pin": Case("dracut-systemd", dialogue=answer("1234", TPM_PIN), prompts=0,
                            tpm=("--tpm2-pcrs=", "--tpm2-with-pin=yes"), tpm_pin="1234"),
    "systemd/tpm-gone": Case("dracut-systemd", tpm=("--tpm2-pcrs=",), tpm_gone=True, shows=(
        "token . of /dev/vd.: this machine has no TPM 2.0",)),
    "systemd/tpm-changed": Case("dracut-systemd", tpm=("--tpm2-pcrs=15",), tpm_changed=15, shows=(
        "its PCRs are not those that the key was bound to",)),
    # The header is on a disk of its own, which comes late.
    "systemd/header-late": Case(
        "dracut-systemd-bare", disk=("header-alone", "apart"), late=True, hides=THEIRS, dialogue=(
            expect(f"waiting for the header UUID={ROOT_UUID}"), quiet(PROMPT, 3), plug(), answer()),
        append=f"rd.luks.name={ROOT_UUID}={rootfs.NAME} "
               f"rd.luks.data={ROOT_UUID}=/dev/disk/by-id/virtio-disk1"),
    # The volume on standalone dm-integrity. Another device of the image's integritytab is missing.
    "systemd/leg": Case(
        "dracut-systemd-legs", disk="leg-luks",
        stack=f"{rootfs.NAME} over {rootfs.NAME}_dif over leg0",
        hides=(*THEIRS, "systemd-integritysetup"),
        shows=(f"leg0: /dev/vd. is open, with {ALGORITHM} checksums",
               f"{rootfs.NAME}: /dev/dm-0 is open and protected")),
    # By a link, which udev makes after the kernel has told of the disk.
    "systemd/by-link": Case("dracut-systemd-bare",
                            append=f"cryptdevice=/dev/disk/by-id/virtio-disk0:{rootfs.NAME}"),
    # Beside dracut's crypt module, which is told to open the same disk.
    **{f"{kind}{suite}/beside-crypt": Case(f"dracut-{kind}-beside{suite}", hides=THEIRS,
                                                       append=f"rd.luks.uuid={ROOT_UUID}")
       for kind in KINDS for suite in SUITES},
    # A second volume, without integrity, which systemd-cryptsetup opens with what was typed for
    # ours. (Newer suites have that program in a package that is not in the tree.)
    "systemd/one-passphrase": Case(
        "dracut-systemd-beside", disk=("tiny", "home-plain"), hides=THEIRS,
        append=f"rd.luks.uuid={ROOT_UUID} rd.luks.uuid={HOME_UUID}",
        shows=(rf"^INTACT-TEST-DM luks-{HOME_UUID} CRYPT-LUKS2-",)),
    **{f"{kind}{suite}/many-cpus": Case(f"dracut-{kind}{suite}", cpus=4) for kind in KINDS
       for suite in SUITES},
    # What lies in the volume.
    **{f"{kind}{suite}/lvm": Case(f"dracut-{kind}-generic{suite}", disk="lvm",
                                  root="/dev/system/root",
                                  stack=f"system-root over {rootfs.NAME} over {rootfs.NAME}_dif")
       for kind in KINDS for suite in SUITES},
    **{f"{kind}{suite}/btrfs": Case(f"dracut-{kind}-generic{suite}", disk="btrfs",
                                                append="rootflags=subvol=@root")
       for kind in KINDS for suite in SUITES},
    # What is typed on the machine's own keyboard, which is a French one: Q is where A is elsewhere.
    **{f"{kind}{suite}/keyboard": Case(
        f"dracut-{kind}-keyboard{suite}", screen=True,
        dialogue=(
            question(), on_screen(PROMPT), press("i n t q c t ret"),
            expect("is open and protected", unless=rf"wrong passphrase|{SHELL}")))
       for kind in KINDS for suite in SUITES[:2]},
    "hand-made": Case("dracut-hand-made"),
    # plymouthd asks, and draws its prompt anew with each key.
    **{f"plymouth{how}{suite}": Case(
        f"dracut-plymouth{how}{suite}", append="splash", prompts=0, hides=("::", r"\(press TAB"),
        dialogue=(answer("wrong", SPLASH), expect("wrong passphrase; 2 more"),
                  answer(prompt=SPLASH))) for how in ("", "-plain") for suite in SUITES},
    # … on the screen, where it reads the keyboard itself. What others write goes there, too.
    **{f"splash/{kind}-{what}": replace(
        DRAWN, image=f"dracut-splash-{kind}-{what}",
        dialogue=(seen("Adding input device 'AT "), *DRAWN.dialogue))
       for kind in KINDS for what in ("keyboard@trixie", "keyboard@testing", "alone@testing")},
    **{f"systemd{suite}/fails-resume": replace(RESUME, image=f"dracut-systemd-resume{suite}")
       for suite in SUITES},
    # Nobody types for longer than systemd waits for a device, a job or a service.
    **{f"systemd{suite}/after-100-s": Case(f"dracut-systemd{suite}", dialogue=(
        question(), quiet(r"Timed out|TIME|Dependency failed|[Ww]arning|emergency|" + PROMPT, 100),
        enter())) for suite in SUITES},
    # From an empty disk to the login prompt.
    "from-scratch": Case("dracut-scratch", disk="scratch", root=f"LABEL={rootfs.FS_LABEL}",
                         timeout=300, append="intact.report"),
    "from-scratch-login": Case("dracut-scratch", disk="scratch", root=f"LABEL={rootfs.FS_LABEL}",
                               ends="said",
                               dialogue=(answer(), expect("^intact-test login: ", 300))),
    "from-scratch-plain": Case("dracut-scratch-plain", disk="scratch",
                               root=f"LABEL={rootfs.FS_LABEL}", timeout=300,
                               append="intact.report"),
}

# Some of everything; the rest only when asked for by name.
DIAGONAL = ("systemd/root-uuid", "plain-strict", "systemd@trixie/fails-wrong",
            "plain@trixie/fails-flip-fs", "systemd@testing/beside-crypt", "systemd/one-passphrase",
            "plain@testing/lvm", "plain/luks-name", "systemd/luks-name", "systemd@trixie/btrfs",
            "systemd/fails-resume", "systemd@testing/resume-decoy", "systemd/raw-key",
            "systemd/header-late", "systemd/leg", "systemd/other-root",
            "systemd/fails-refused-endless")
CASES: dict[str, Case] = {("dracut/" if name in DIAGONAL else "slow/dracut/") + name: case
                          for name, case in ALL.items()}
