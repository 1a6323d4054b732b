/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm2_files.h"

#include "base/util.h"

#define FILE_MAX (1024 * 1024)

#define SIGNATURE "tpm2-pcr-signature.json"

static const char *const signatures[] = {
	"/etc/systemd/" SIGNATURE,
	"/run/systemd/" SIGNATURE,
	"/usr/local/lib/systemd/" SIGNATURE,
	"/usr/lib/systemd/" SIGNATURE,
	"/.extra/" SIGNATURE,
};
static const char *const pcrlocks[] = {
	"/run/systemd/pcrlock.json",
	"/var/lib/systemd/pcrlock.json",
};

static bool signature_in(const char *path, const struct tpm2_signed *of, struct tpm2_signature *ret)
{
	cleanup_free char *text = NULL;

	return read_file(path, FILE_MAX, &text, NULL) == 0 && tpm2_json_signature(text, of, ret);
}

bool tpm2_files_signature(const char *path, const struct tpm2_signed *of,
			  struct tpm2_signature *ret)
{
	if (path)
		return signature_in(path, of, ret);
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (signature_in(signatures[i], of, ret))
			return true;
	return false;
}

static bool pcrlock_in(const char *path, const struct tpm2_token *token, struct tpm2_pcrlock *ret)
{
	cleanup_free char *text = NULL;

	return read_file(path, FILE_MAX, &text, NULL) == 0 && tpm2_json_pcrlock(text, token, ret);
}

bool tpm2_files_pcrlock(const char *path, const struct tpm2_token *token, struct tpm2_pcrlock *ret)
{
	if (path)
		return pcrlock_in(path, token, ret);
	for (size_t i = 0; i < ARRAY_SIZE(pcrlocks); i++)
		if (pcrlock_in(pcrlocks[i], token, ret))
			return true;
	return false;
}
