/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm2_files.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/tpm2_credential.h"

#include <strings.h>

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

static const char *const credentials[] = {
	"/run/credentials/@encrypted",
	"/.extra/global_credentials",
	"/.extra/credentials",
};
#define CREDENTIAL_PREFIX "pcrlock."
/* Of a machine with so many systems. */
#define CREDENTIALS_MAX 32

/* The name may be in any case: it is on a FAT file system. */
static void add_credentials(const char *folder, char ***paths, size_t *n)
{
	char **names;
	size_t n_names;

	texts_folder(folder, &names, &n_names);
	for (size_t i = 0; i < n_names && *n < CREDENTIALS_MAX; i++) {
		cleanup_free char *path = NULL;

		if (strncasecmp(names[i], CREDENTIAL_PREFIX, strlen(CREDENTIAL_PREFIX)) != 0)
			continue;
		path = xasprintf("%s/%s", folder, names[i]);
		texts_add(paths, n, path);
	}
	texts_free(names, n_names);
}

void tpm2_files_pcrlocks(const char *path, char ***ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	if (path) {
		texts_add(ret, ret_n, path);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(pcrlocks); i++)
		texts_add(ret, ret_n, pcrlocks[i]);
	for (size_t i = 0; i < ARRAY_SIZE(credentials); i++)
		add_credentials(credentials[i], ret, ret_n);
}

bool tpm2_files_pcrlock(const char *path, const struct tpm2_token *token, struct tpm2_pcrlock *ret)
{
	cleanup_free char *file = NULL, *text = NULL;

	if (read_file(path, FILE_MAX, &file, NULL) < 0)
		return false;
	text = tpm2_credential_text(file);
	return tpm2_json_pcrlock(text ? text : file, token, ret);
}
