/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_phase.h"

#include "base/util.h"

#include <fcntl.h>
#include <sys/file.h>

#define PCR 11
#define PHASE "enter-initrd"
/* In /run, which the boot hands on: intact-unlock may run there once more. */
#define MARK "/run/intact-unlock/enter-initrd"

/* systemd has done it, or will not: it is the first process, or was. */
static bool systemd_runs(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* The stub that starts a unified kernel image puts this there. It does the measuring. */
static bool has_stub(void)
{
	return access("/.extra/tpm2-pcr-signature.json", F_OK) == 0;
}

static enum tpm_fault extend_once(struct tpm *tpm, int mark)
{
	enum tpm_fault fault;
	char byte;

	if (read(mark, &byte, 1) == 1)
		return TPM_OK;
	/* First: what cannot be written down could be done twice. */
	if (write_all(mark, "1", 1) < 0)
		return TPM_FAILED;
	fault = tpm_pcr_extend(tpm, PCR, PHASE, NULL);
	if (fault != TPM_OK)
		(void)!ftruncate(mark, 0);
	return fault;
}

enum tpm_fault tpm_phase_enter_initrd(struct tpm *tpm)
{
	cleanup_close int mark = -1;

	if (systemd_runs() || !has_stub())
		return TPM_OK;
	if (make_parent_dirs(MARK, 0755) < 0)
		return TPM_FAILED;
	mark = open(MARK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* Another volume's process may be at it. */
	if (mark < 0 || flock(mark, LOCK_EX) < 0)
		return TPM_FAILED;
	return extend_once(tpm, mark);
}
