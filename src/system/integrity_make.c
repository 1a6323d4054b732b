/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/integrity_make.h"

#include "base/escape.h"
#include "base/util.h"

#include <libcryptsetup.h>

/* The first message is the reason; what follows says what failed for it. */
static void keep_error(int level, const char *msg, void *arg)
{
	char *error = arg;

	if (level != CRYPT_LOG_ERROR || error[0])
		return;
	str_copy(error, INTEGRITY_MAKE_ERROR, msg);
	error[strcspn(error, "\n")] = '\0';
	str_printable(error);
}

int integrity_make(const struct integrity_make *make, char error[static INTEGRITY_MAKE_ERROR])
{
	struct crypt_params_integrity params = { .integrity = make->algorithm,
						 .sector_size = make->sector_size };
	struct crypt_device *cd = NULL;
	int r;

	error[0] = '\0';
	(void)crypt_metadata_locking(NULL, 0);
	crypt_set_log_callback(NULL, keep_error, error);
	r = crypt_init(&cd, make->node);
	if (r == 0) {
		crypt_set_log_callback(cd, keep_error, error);
		r = crypt_format(cd, CRYPT_INTEGRITY, NULL, NULL, NULL, NULL, 0, &params);
	}
	if (r == 0)
		r = crypt_activate_by_volume_key(cd, make->name, NULL, 0,
						 CRYPT_ACTIVATE_RECALCULATE |
							 CRYPT_ACTIVATE_PRIVATE);
	crypt_free(cd);
	crypt_set_log_callback(NULL, NULL, NULL);
	return r < 0 ? r : 0;
}
