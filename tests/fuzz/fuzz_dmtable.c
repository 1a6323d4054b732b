/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of device-mapper's tables: a byte of options and numbers, then dm-crypt's line as the
 * kernel shows it, a newline, dm-integrity's. From what was read, lines are written and read again.
 */
#include "fuzz.h"

#include "facts/dmtable.h"

static const char device[] = "254:1";

static void check_read(const struct dm_layer *l)
{
	static const struct dm_layer none;

	MUST(l->understood || memcmp(l, &none, sizeof(none)) == 0);
	MUST(strlen(l->cipher) < sizeof(l->cipher) && !strchr(l->cipher, ' '));
	MUST(strlen(l->integrity) < sizeof(l->integrity) && !strchr(l->integrity, ' '));
	MUST(strlen(l->below) < sizeof(l->below) && !strchr(l->below, ' '));
}

static void check_written(const struct header *h, unsigned options)
{
	struct dm_layer crypt = { 0 }, dif = { 0 };
	char line[DMTABLE_MAX], small[64];

	if (dmtable_integrity(h, options, device, line, sizeof(line))) {
		dmtable_parse_integrity(line, &dif);
		MUST(dif.understood && dif.tag_size == h->tag_size);
		MUST(dif.offset == h->data_offset / 512 && dif.block_size == h->sector_size);
		MUST(dif.mode == (options & DM_OPTION_NO_JOURNAL ? 'D' : 'J'));
	}
	MUST(dmtable_crypt(h, options, ":64:logon:cryptsetup:x", device, line, sizeof(line)));
	if (!h->dm_cipher[0])
		return;
	dmtable_parse_crypt(line, &crypt);
	MUST(crypt.understood && str_eq(crypt.cipher, h->dm_cipher));
	MUST(crypt.tag_size == h->tag_size && crypt.iv_offset == h->iv_offset);
	MUST(crypt.integrity_key_size == h->integrity_key_size);
	MUST(crypt.block_size == h->sector_size && str_eq(crypt.below, device));
	MUST(str_eq(crypt.integrity, str_eq(h->integrity, "none") ? "none" : "aead"));
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
	struct dm_layer crypt = { 0 }, dif = { 0 };
	char below[24];
	uint64_t offset;
	struct header h = { .sector_size = numbers & 1 ? 512 : 4096,
			    .integrity_key_size = numbers & 2 ? 64 : 0,
			    .iv_offset = numbers & 4 ? UINT64_MAX : 0 };

	dmtable_parse_crypt(fuzz_piece(&rest, "\n"), &crypt);
	dmtable_parse_integrity(rest, &dif);
	if (dmtable_parse_linear(rest, below, &offset))
		MUST(offset <= UINT64_MAX / 512 && below[0] && !strchr(below, ' '));
	check_read(&crypt);
	check_read(&dif);
	str_copy(h.dm_cipher, sizeof(h.dm_cipher), crypt.cipher);
	str_copy(h.integrity, sizeof(h.integrity), crypt.integrity);
	h.tag_size = crypt.tag_size;
	h.data_offset = dif.offset < UINT64_MAX / 512 ? dif.offset * 512 : 0;
	check_written(&h, options);
	free(text);
	return 0;
}
