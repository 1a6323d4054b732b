/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2_options: tpm2-device= and the options beside it.
 */
#ifndef INTACT_CONFIG_TPM2_OPTIONS_H
#define INTACT_CONFIG_TPM2_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct tpm2_options {
	char device[32]; /* "/dev/tpmrm1"; "": the first one */
	char *signature; /* NULL: where systemd looks for the file */
	char *pcrlock;
	uint64_t wait;	     /* ms: token-timeout=; or WAIT_FOREVER */
	bool some;	     /* only tokens with exactly these PCRs: tpm2-pcrs= */
	uint32_t pcrs;	     /* a bit each */
	bool measure;	     /* tpm2-measure-pcr= */
	unsigned measure_in; /* the PCR */
};

/* ms; systemd's */
#define TPM2_WAIT_DEFAULT 30000
/* Where systemd measures a volume's key. */
#define TPM2_MEASURE_PCR 15

/* Sets what the option ("tpm2-pcrs", perhaps with "=…") asks for. NULL; or why it is ignored, a
 * clause. */
const char *tpm2_option(const char *option, const char *value, struct tpm2_options *o);

void tpm2_options_free(struct tpm2_options *o);

#endif
