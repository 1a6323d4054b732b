/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2_files: the files that a policy may need, where systemd looks for them in an initramfs.
 *
 * The TPM itself checks what is in them: a file that a hostile hand wrote opens nothing.
 */
#ifndef INTACT_SYSTEM_TPM2_FILES_H
#define INTACT_SYSTEM_TPM2_FILES_H

#include "system/tpm2_json.h"

/* The first file with a signature for this. path NULL: tpm2-pcr-signature.json in systemd's folders
 * of /etc, /run and /usr, and in /.extra, where the boot stub of a unified kernel image puts it. */
bool tpm2_files_signature(const char *path, const struct tpm2_signed *of,
			  struct tpm2_signature *ret);

/* Where pcrlock policies may be, for texts_free(): path alone; or, if it is NULL, pcrlock.json in
 * systemd's folders of /run and /var, then the credentials pcrlock.* that the boot stub of a
 * unified kernel image brought, and that systemd has put into /run/credentials. */
void tpm2_files_pcrlocks(const char *path, char ***ret, size_t *ret_n);
/* False: at this place there is no policy for the token. */
bool tpm2_files_pcrlock(const char *path, const struct tpm2_token *token, struct tpm2_pcrlock *ret);

#endif
