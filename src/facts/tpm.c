/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/tpm.h"

#include "base/util.h"

const char *tpm_fault_text(enum tpm_fault fault)
{
	static const char *const texts[] = {
		[TPM_OK] = "no fault",
		[TPM_LEFT_OUT] = "this intact was built without TPM support",
		[TPM_ABSENT] = "this machine has no TPM 2.0, or its driver is missing",
		[TPM_SILENT] = "the TPM did not answer in time",
		[TPM_DIED] = "the process that asked the TPM ended without an answer",
		[TPM_IO] = "the TPM's device cannot be read or written",
		[TPM_FORGED] = "the TPM's answer is not authentic: another chip, or a device "
			       "between the TPM and the processor",
		[TPM_WRONG_AUTH] = "the PIN is wrong",
		[TPM_LOCKOUT] = "the TPM is locked after too many wrong PINs and accepts none for "
				"some time",
		[TPM_POLICY] = "the TPM does not give the key, because its PCRs are not those that "
			       "the key was bound to: firmware, boot loader, kernel or a setting "
			       "of them has changed",
		[TPM_CHANGED] = "the TPM's PCRs kept changing",
		[TPM_NO_SIGNATURE] = "there is no signature for the present values of the TPM's "
				     "PCRs",
		[TPM_BAD_SIGNATURE] = "the signature for the TPM's PCRs is wrong",
		[TPM_NO_PCRLOCK] = "there is no pcrlock policy for this key",
		[TPM_FOREIGN] = "the key was bound to another TPM, or the TPM was cleared",
		[TPM_BAD_TOKEN] = "the token holds bytes that no TPM can load",
		[TPM_NO_INDEX] = "the TPM does not have the NV index",
		[TPM_UNWRITTEN] = "the TPM's NV index was never written",
		[TPM_EXISTS] = "the TPM has an NV index with this handle already",
		[TPM_FULL] = "the TPM's memory is full",
		[TPM_BUSY] = "the TPM stays busy",
		[TPM_OWNED] = "the TPM's owner password is set",
		[TPM_MEMORY] = "there is not enough memory to derive the TPM's authorisation from "
			       "the PIN",
		[TPM_FAILED] = "the TPM reports an error",
	};

	return fault < ARRAY_SIZE(texts) ? texts[fault] : texts[TPM_FAILED];
}
