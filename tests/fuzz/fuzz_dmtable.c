/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of device-mapper's tables: a byte of options and numbers, then dm-crypt's line as the
 * kernel shows it, a newline, dm-integrity's. From what was read, lines are written and read again.
 */
#include "fuzz.h"

#include "facts/dmtable.h"

static const char device[] = "254:1";

static void check_read(const struct opened *o)
{
	MUST(strlen(o->dm_cipher) < sizeof(o->dm_cipher) && !strchr(o->dm_cipher, ' '));
	MUST(strlen(o->crypt_integrity) < sizeof(o->crypt_integrity));
	MUST(!strchr(o->crypt_integrity, ' '));
}

static void check_written(const struct header *h, unsigned options)
{
	struct opened again = { 0 };
	char line[DMTABLE_MAX], small[64];

	if (dmtable_integrity(h, options, device, line, sizeof(line))) {
		dmtable_parse_integrity(line, &again);
		MUST(again.dif_tag_size == h->tag_size);
		MUST(again.dif_mode == (options & DM_OPTION_NO_JOURNAL ? 'D' : 'J'));
	}
	MUST(dmtable_crypt(h, options, ":64:logon:cryptsetup:x", device, line, sizeof(line)));
	dmtable_parse_crypt(line, &again);
	MUST(str_eq(again.dm_cipher, h->dm_cipher));
	MUST(again.crypt_tag_size == h->tag_size);
	MUST(str_eq(again.crypt_integrity, str_eq(h->integrity, "none") ? "none" : "aead"));
	/* It fits whole or not at all. */
	MUST(!dmtable_crypt(h, options, "00", device, small, sizeof(small)) ||
	     strlen(small) < sizeof(small));
	(void)dmtable_integrity(h, options, device, small, 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned options = fuzz_byte(&in), numbers = fuzz_byte(&in);
	char *text = fuzz_string(in.at, in.left), *rest = text;
	struct opened opened = { 0 };
	struct header h = { .sector_size = numbers & 1 ? 512 : 4096,
			    .integrity_key_size = numbers & 2 ? 64 : 0,
			    .iv_offset = numbers & 4 ? UINT64_MAX : 0 };

	dmtable_parse_crypt(fuzz_piece(&rest, "\n"), &opened);
	dmtable_parse_integrity(rest, &opened);
	check_read(&opened);
	str_copy(h.dm_cipher, sizeof(h.dm_cipher), opened.dm_cipher);
	str_copy(h.integrity, sizeof(h.integrity), opened.crypt_integrity);
	h.tag_size = opened.crypt_tag_size;
	check_written(&h, options);
	free(text);
	return 0;
}
