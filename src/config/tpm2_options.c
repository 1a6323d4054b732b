/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/tpm2_options.h"

#include "base/parse.h"
#include "base/util.h"
#include "facts/tpm2_token.h"

/* The device of a TPM, and nothing else that could be opened for writing. */
static const char *read_device(const char *value, struct tpm2_options *o)
{
	const char *rest = str_after(value, "/dev/tpm");

	if (str_eq(value, "auto")) {
		o->device[0] = '\0';
		return NULL;
	}
	if (!rest || !*rest || rest[strspn(rest, "rm0123456789")] ||
	    strlen(value) >= sizeof(o->device))
		return "the value after '=' must be auto or the device of a TPM such as /dev/tpmrm0";
	(void)str_copy(o->device, sizeof(o->device), value);
	return NULL;
}

/* A file in the image. */
static const char *read_path(const char *value, char **path)
{
	if (*value != '/')
		return "the value after '=' is not an absolute path";
	free(*path);
	*path = xstrdup(value);
	return NULL;
}

/* "0+2+7", or nothing: no PCR. */
static const char *read_pcrs(const char *value, struct tpm2_options *o)
{
	cleanup_free char *copy = xstrdup(value);
	char *rest = copy;
	uint32_t pcrs = 0;

	for (const char *one; *value && (one = strsep(&rest, "+"));) {
		uint64_t pcr;

		if (parse_u64(one, TPM2_PCRS - 1, &pcr) < 0)
			return "the value after '=' is not a list of PCRs such as 7+11";
		pcrs |= UINT32_C(1) << pcr;
	}
	o->some = true;
	o->pcrs = pcrs;
	return NULL;
}

/* No later word takes a measurement back, or moves it: on the kernel command line it would let what
 * runs later ask the TPM for the key again. */
static const char *read_measure(const char *value, struct tpm2_options *o)
{
	uint64_t pcr = TPM2_MEASURE_PCR;
	bool yes = true;

	/* Numbers are PCRs, also 0 and 1. */
	if (parse_u64(value, TPM2_PCRS - 1, &pcr) < 0 && parse_bool(value, &yes) < 0)
		return "the value after '=' must be yes, no or the number of a PCR";
	if (o->measure && !(yes && o->measure_in == pcr))
		return "the volume key is already to be measured otherwise";
	o->measure = yes;
	o->measure_in = (unsigned)pcr;
	return NULL;
}

const char *tpm2_option(const char *option, const char *value, struct tpm2_options *o)
{
	if (str_after(option, "tpm2-device"))
		return read_device(value, o);
	if (str_after(option, "tpm2-signature"))
		return read_path(value, &o->signature);
	if (str_after(option, "tpm2-pcrlock"))
		return read_path(value, &o->pcrlock);
	if (str_after(option, "tpm2-pcrs"))
		return read_pcrs(value, o);
	return read_measure(value, o);
}

void tpm2_options_free(struct tpm2_options *o)
{
	free(o->signature);
	free(o->pcrlock);
	o->signature = o->pcrlock = NULL;
}
