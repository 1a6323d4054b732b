/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * made: a volume and its disk from a fuzzer's input, for the targets that judge them. Words of
 * LUKS2 and any other bytes, so that genuine headers are as near as hostile ones.
 */
#ifndef INTACT_FUZZ_MADE_H
#define INTACT_FUZZ_MADE_H

#include "fuzz.h"

#include "config/volume.h"
#include "facts/job.h"

static const char *const made_encryptions[] = {
	"aes-xts-plain64",
	"aes-gcm-random",
	"aes-xts-random",
	"aes-cbc-essiv:sha256",
	"null-ecb",
	"cipher_null-ecb",
	"aes-ecb-null",
	"serpent-xts-plain64",
	"chacha20-random",
	"aegis128-random",
	"aes-ccm-random",
	"xchacha20,aes-adiantum-plain64",
	"aes-hctr2-plain",
	"null-xts-plain64",
	"twofish-ctr-random",
	"aes-xts-plain64 ",
	"sm4-cbc-plain",
	"camellia-gcm-random",
	"-",
	"capi:xts(aes)-plain64",
};
static const char *const made_integrities[] = {
	"hmac(sha256)", "",	    "none",	 "aead",
	"hmac(sha512)", "poly1305", "cmac(aes)", "phmac(sha256)",
};
static const char *const made_hashes[] = { "sha256", "sha512", "sha1",	     "md5",
					   "",	     "null",   "blake2b-512" };
static const char *const made_uuids[] = {
	"11111111-1111-1111-1111-111111111111",
	"22222222-2222-2222-2222-222222222222",
	"33333333-3333-3333-3333-333333333333",
};
static const char *const made_digests[] = {
	"",
	"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
};
static const unsigned made_key_sizes[] = { 64, 32, 96, 16, 128, 0, 1, 512, 19, 35 };

/* Fills a member that is an array of characters. */
#define MADE_TEXT(in, words, member) fuzz_text(in, words, ARRAY_SIZE(words), member, sizeof(member))

static inline unsigned made_key_size(struct fuzz_input *in)
{
	unsigned how = fuzz_byte(in);

	return how < 240 ? made_key_sizes[how % ARRAY_SIZE(made_key_sizes)] :
			   (unsigned)fuzz_number(in);
}

/* Half of them are genuine, so that a header with several good ones is no rare find. */
static inline void made_keyslot(struct fuzz_input *in, unsigned volume_key, struct keyslot *slot)
{
	*slot = (struct keyslot){ .number = (int)fuzz_below(in, KEYSLOTS_MAX),
				  .priority = KEYSLOT_NORMAL,
				  .memory = 1024,
				  .iterations = 4,
				  .lanes = 4,
				  .key_size = volume_key,
				  .kdf = KDF_ARGON2ID,
				  .area_encryption = "aes-xts-plain64",
				  .area_key_size = 64,
				  .af_known = true,
				  .salt = 32,
				  .af_hash = "sha256",
				  .digests = 1 };
	if (fuzz_bool(in))
		return;
	slot->priority = (enum keyslot_priority)fuzz_below(in, 3);
	slot->kdf = (enum kdf)fuzz_below(in, 4);
	slot->iterations = (uint32_t)fuzz_number(in);
	slot->lanes = (uint32_t)fuzz_number(in);
	slot->memory = slot->kdf == KDF_PBKDF2 ? 0 : (uint32_t)fuzz_number(in);
	slot->alone = fuzz_bool(in);
	MADE_TEXT(in, made_hashes, slot->hash);
	MADE_TEXT(in, made_encryptions, slot->area_encryption);
	slot->area_key_size = made_key_size(in);
	slot->af_known = fuzz_bool(in);
	MADE_TEXT(in, made_hashes, slot->af_hash);
	if (fuzz_bool(in))
		slot->key_size = made_key_size(in);
	if (fuzz_bool(in))
		slot->digests = fuzz_below(in, 3);
}

static inline void made_header(struct fuzz_input *in, struct header *h)
{
	*h = (struct header){ .encryption = "aes-xts-plain64",
			      .integrity = "hmac(sha256)",
			      .dm_cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
			      .uuid = "11111111-1111-1111-1111-111111111111",
			      .tag_size = 32,
			      .key_size = 96,
			      .sector_size = 4096,
			      .data_offset = 16 << 20,
			      .plain_journal = true,
			      .segments = 1,
			      .crypt = true,
			      .dynamic = true,
			      .digests = 1,
			      .digest_hash = "sha256",
			      .digest_iterations = 1000,
			      .digest_salt = 32,
			      .digest_size = 32 };
	/* This program's own words, unlike the others. */
	str_copy(h->key_digest, sizeof(h->key_digest),
		 made_digests[fuzz_below(in, ARRAY_SIZE(made_digests))]);
	if (!fuzz_bool(in)) {
		MADE_TEXT(in, made_encryptions, h->encryption);
		MADE_TEXT(in, made_integrities, h->integrity);
		fuzz_text(in, NULL, 0, h->dm_cipher, sizeof(h->dm_cipher));
		MADE_TEXT(in, made_uuids, h->uuid);
		fuzz_text(in, NULL, 0, h->label, sizeof(h->label));
		h->tag_size = (unsigned)fuzz_number(in);
		h->key_size = made_key_size(in);
		h->integrity_key_size = fuzz_bool(in) ? made_key_size(in) : 0;
		h->sector_size = (unsigned)fuzz_number(in);
		h->data_offset = fuzz_number(in);
		h->iv_offset = fuzz_number(in);
		h->inline_tags = fuzz_bool(in);
		if (fuzz_bool(in)) {
			h->segments = fuzz_below(in, 3);
			h->crypt = fuzz_bool(in);
			h->dynamic = fuzz_bool(in);
			h->digests = fuzz_below(in, 3);
			MADE_TEXT(in, made_hashes, h->digest_hash);
			h->digest_iterations = fuzz_number(in);
			h->digest_salt = fuzz_bool(in) ? 32 : fuzz_byte(in);
			h->digest_size = fuzz_bool(in) ? 64 : fuzz_byte(in);
		}
		h->options = fuzz_byte(in);
		if (fuzz_bool(in)) {
			static const char *const requirements[] = { "online-reencrypt", "x" };

			MADE_TEXT(in, requirements, h->requirement);
		}
	}
	h->keyslots = fuzz_below(in, 4) ? fuzz_below(in, 5) : fuzz_byte(in);
	for (unsigned i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		made_keyslot(in, h->key_size, &h->keyslot[i]);
}

static inline void made_disk(struct fuzz_input *in, struct disk *d)
{
	*d = (struct disk){
		.kind = HEADER_LUKS2,
		.superblock = { .state = SUPERBLOCK_OK, .tag_size = 32, .provided = 256 << 20 },
		.size = 300 << 20
	};
	made_header(in, &d->header);
	if (fuzz_bool(in))
		return;
	d->kind = (enum header_kind)fuzz_below(in, 5);
	d->err = fuzz_below(in, 130);
	d->first = (enum header_copy)fuzz_below(in, 3);
	d->second = (enum header_copy)fuzz_below(in, 3);
	d->superblock.state = (enum superblock_state)fuzz_below(in, 4);
	d->superblock.tag_size = (unsigned)fuzz_number(in);
	d->superblock.provided = fuzz_number(in);
	d->superblock.needed = fuzz_number(in);
	d->size = fuzz_number(in);
	d->active = (enum active_state)fuzz_below(in, 3);
	fuzz_text(in, NULL, 0, d->active_uuid, sizeof(d->active_uuid));
}

/* A disk with this number and 300 MiB, of which NAME_dif offers 256. */
#define MADE_DEVNO 0x2a /* 0:42 */
#define MADE_SIZE (256ull << 20)

static inline void made_layer(struct fuzz_input *in, struct dm_layer *l)
{
	l->present = fuzz_bool(in);
	l->live = fuzz_bool(in);
	l->understood = fuzz_bool(in);
	if (fuzz_bool(in))
		l->targets = (unsigned)fuzz_number(in);
	if (fuzz_bool(in))
		l->start = fuzz_number(in);
	if (fuzz_bool(in))
		l->length = fuzz_number(in);
	if (fuzz_bool(in))
		l->offset = fuzz_number(in);
	if (fuzz_bool(in))
		l->tag_size = (unsigned)fuzz_number(in);
	if (fuzz_bool(in))
		fuzz_text(in, NULL, 0, l->below, sizeof(l->below));
	if (fuzz_bool(in))
		fuzz_text(in, NULL, 0, l->cipher, sizeof(l->cipher));
}

static inline void made_opened(struct fuzz_input *in, struct opened *o)
{
	const struct dm_layer dif = { .present = true,
				      .live = true,
				      .device = "253:0",
				      .targets = 1,
				      .target = "integrity",
				      .length = MADE_SIZE / 512,
				      .understood = true,
				      .below = "0:42",
				      .offset = (16 << 20) / 512,
				      .tag_size = 32,
				      .block_size = 4096,
				      .mode = 'J' };

	*o = (struct opened){ .crypt = { .present = true,
					 .live = true,
					 .device = "253:1",
					 .targets = 1,
					 .target = "crypt",
					 .length = MADE_SIZE / 512,
					 .understood = true,
					 .below = "253:0",
					 .tag_size = 32,
					 .block_size = 4096,
					 .cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
					 .integrity = "aead" },
			      .dif = dif,
			      .type = "ext4" };
	if (fuzz_bool(in))
		return;
	made_layer(in, &o->crypt);
	made_layer(in, &o->dif);
	o->udev_silent = fuzz_bool(in);
	o->read_failed = fuzz_bool(in);
	if (o->read_failed)
		o->read_err = fuzz_bool(in) ? EILSEQ : fuzz_below(in, 130);
	o->read_sector = fuzz_number(in);
	fuzz_text(in, NULL, 0, o->type, sizeof(o->type));
}

static inline void made_header_place(unsigned kind, struct volume *v)
{
	v->detached = kind >= 1 && kind <= 4;
	if (kind == 1)
		v->header = (struct file_place){ .path = "/etc/header\x1b.img" };
	else if (kind == 2)
		(void)place_parse("UUID=22222222-2222-2222-2222-222222222222", &v->header);
	else if (kind == 3)
		(void)place_parse("/header:UUID=11111111-1111-1111-1111-111111111111", &v->header);
	else if (kind == 4)
		(void)place_parse("/dev/vdc1", &v->header);
}

/* What the image promises about a volume that config_add_volume() made. */
static inline void made_promise(struct fuzz_input *in, struct volume *v)
{
	static const char *const named[] = { "hmac(sha256)", "aead", "hmac(sha512)", "poly1305" };

	v->expect = (enum expect)fuzz_below(in, 3);
	if (v->expect == EXPECT_NAMED)
		v->integrity = xstrdup(named[fuzz_below(in, ARRAY_SIZE(named))]);
	if (v->expect != EXPECT_NOTHING && fuzz_bool(in)) {
		str_copy(v->pins.encryption, sizeof(v->pins.encryption),
			 fuzz_bool(in) ? "" : made_encryptions[fuzz_below(in, 4)]);
		str_copy(v->pins.key_digest, sizeof(v->pins.key_digest),
			 made_digests[fuzz_below(in, ARRAY_SIZE(made_digests))]);
		v->pins.key_size = fuzz_bool(in) ? made_key_size(in) : 0;
		v->pins.sector_size = fuzz_bool(in) ? 4096 : 0;
		if (fuzz_below(in, 8) == 7)
			fuzz_text(in, NULL, 0, v->pins.bad, sizeof(v->pins.bad));
	}
	v->keyslot = fuzz_bool(in) ? KEYSLOT_ANY : (int)fuzz_below(in, KEYSLOTS_MAX);
	made_header_place(fuzz_below(in, 8), v);
}

/* What depends on where the header is. */
static inline void made_detached(const struct volume *v, struct disk *d)
{
	d->detached = v->detached;
	if (!d->detached)
		return;
	str_copy(d->where, sizeof(d->where), "/etc/header\x1b.img");
	d->data_luks = d->size & 1;
	d->data_failed = d->err & 1;
}

static inline void made_budget(struct fuzz_input *in, struct budget *b)
{
	*b = (struct budget){ .cpus = fuzz_below(in, 8) + 1,
			      .memory = fuzz_number(in) >> 10,
			      .total = fuzz_number(in) >> 10 };
}

#endif
