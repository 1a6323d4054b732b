// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TCTI loader of tpm2-tss, without its dlopen(): a caller of Esys_Initialize() must bring a
 * transmission interface of its own.
 */
#include <tss2/tss2_tctildr.h>

TSS2_RC Tss2_TctiLdr_Initialize(const char *conf, TSS2_TCTI_CONTEXT **context)
{
	(void)conf;
	(void)context;
	return TSS2_TCTI_RC_NOT_SUPPORTED;
}

void Tss2_TctiLdr_Finalize(TSS2_TCTI_CONTEXT **context)
{
	(void)context;
}
