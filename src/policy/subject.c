/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/subject.h"

#include "base/escape.h"
#include "base/util.h"

void subject_printable(char *dst, size_t size, const char *s)
{
	(void)str_copy(dst, size, s);
	(void)str_printable(dst);
}

void subject_describe(const struct volume *v, const char *node, const struct header *h,
		      struct subject *ret)
{
	cleanup_free char *word = shell_word(v->name);

	subject_printable(ret->word, sizeof(ret->word), word);
	subject_printable(ret->name, sizeof(ret->name), v->name);
	subject_printable(ret->node, sizeof(ret->node), node);
	subject_printable(ret->where, sizeof(ret->where), node);
	subject_printable(ret->integrity, sizeof(ret->integrity), h->integrity);
	subject_printable(ret->dm_cipher, sizeof(ret->dm_cipher), h->dm_cipher);
}
