/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A LUKS2 header through libcryptsetup: its facts, the verdict, the choice of keyslots, the tables,
 * and the keys that come out. The input: the header's UUID, a newline, its JSON.
 *
 * The disk behind it is always the same. In its keyslot areas lie, split as LUKS2 does it:
 *
 *   AREA_RIGHT      the volume key, encrypted (aes-xts-plain64) with what "right" derives
 *   AREA_OTHER      the volume key, encrypted with what "other" derives
 *   AREA_ATTACKER   a key that an attacker chose, in the clear
 *
 * Whatever the header says, a passphrase that is in no keyslot opens nothing, and the right ones
 * give the volume key or nothing. The digests of both keys are in the seeds, so that a header can
 * ask for the attacker's.
 */
#include "fuzz.h"

#include "base/secret.h"
#include "facts/dmtable.h"
#include "policy/keyslots.h"
#include "policy/verdict.h"
#include "system/luks.h"

#include <endian.h>
#include <mbedtls/aes.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/sha256.h>
#include <stdio.h>
#include <sys/mman.h>

#define KEY_SIZE 96
#define STRIPES 4000
#define ITERATIONS 1000
#define COPY_SIZE 0x4000
#define BIN_SIZE 4096
#define AREA_RIGHT 0x8000
#define AREA_OTHER 0x66000
#define AREA_ATTACKER 0xc4000
#define SEGMENT 0x200000
#define DISK_SIZE 0x400000
/* A derivation that takes longer is not tried; what a header may ask for is the verdict's to say.
 */
#define ITERATIONS_MAX 4000
#define MEMORY_MAX 4096

static unsigned char disk_bytes[SEGMENT];
static unsigned char volume_key[KEY_SIZE], attacker_key[KEY_SIZE];

/* --- the disk --------------------------------------------------------------------------------- */

static void diffuse(unsigned char block[static KEY_SIZE])
{
	for (uint32_t i = 0; i < KEY_SIZE / 32; i++) {
		unsigned char in[4 + 32];
		uint32_t number = htobe32(i);

		memcpy(in, &number, sizeof(number));
		memcpy(in + 4, block + 32 * i, 32);
		MUST(mbedtls_sha256(in, sizeof(in), block + 32 * i, 0) == 0);
	}
}

/* All stripes but the last, which may be anything, are zero. */
static void split(const unsigned char key[static KEY_SIZE], unsigned char *area)
{
	unsigned char block[KEY_SIZE] = { 0 };

	for (unsigned i = 0; i < STRIPES - 1; i++)
		diffuse(block);
	for (unsigned i = 0; i < KEY_SIZE; i++)
		area[(STRIPES - 1) * KEY_SIZE + i] = block[i] ^ key[i];
}

static void encrypt_area(const char *passphrase, unsigned char salt_byte, unsigned char *area)
{
	unsigned char key[64], salt[32];
	mbedtls_aes_xts_context aes;

	memset(salt, salt_byte, sizeof(salt));
	MUST(mbedtls_pkcs5_pbkdf2_hmac_ext(MBEDTLS_MD_SHA256, (const unsigned char *)passphrase,
					   strlen(passphrase), salt, sizeof(salt), ITERATIONS,
					   sizeof(key), key) == 0);
	mbedtls_aes_xts_init(&aes);
	MUST(mbedtls_aes_xts_setkey_enc(&aes, key, 512) == 0);
	for (uint64_t i = 0; i < STRIPES * KEY_SIZE / 512; i++) {
		unsigned char iv[16] = { 0 };
		uint64_t number = htole64(i);

		memcpy(iv, &number, sizeof(number));
		MUST(mbedtls_aes_crypt_xts(&aes, MBEDTLS_AES_ENCRYPT, 512, iv, area + 512 * i,
					   area + 512 * i) == 0);
	}
	mbedtls_aes_xts_free(&aes);
}

static void make_areas(void)
{
	for (unsigned i = 0; i < KEY_SIZE; i++) {
		volume_key[i] = (unsigned char)(i + 1);
		attacker_key[i] = (unsigned char)(0xff - i);
	}
	split(volume_key, disk_bytes + AREA_RIGHT);
	split(volume_key, disk_bytes + AREA_OTHER);
	split(attacker_key, disk_bytes + AREA_ATTACKER);
	encrypt_area("right", 1, disk_bytes + AREA_RIGHT);
	encrypt_area("other", 2, disk_bytes + AREA_OTHER);
}

static void put_copy(unsigned char *at, bool second, const char *uuid, const char *json)
{
	const uint64_t size = htobe64(COPY_SIZE), offset = htobe64(second ? COPY_SIZE : 0),
		       sequence = htobe64(3);

	memset(at, 0, COPY_SIZE);
	memcpy(at, second ? "SKUL\xba\xbe\0\2" : "LUKS\xba\xbe\0\2", 8);
	memcpy(at + 8, &size, sizeof(size));
	memcpy(at + 16, &sequence, sizeof(sequence));
	memcpy(at + 72, "sha256", 7);
	str_copy((char *)at + 168, 40, uuid);
	memcpy(at + 256, &offset, sizeof(offset));
	str_copy((char *)at + BIN_SIZE, COPY_SIZE - BIN_SIZE, json);
	MUST(mbedtls_sha256(at, COPY_SIZE, at + 448, 0) == 0);
}

/* The fd of the disk with this header. */
static int disk_with(const char *uuid, const char *json)
{
	static const unsigned char superblock[] = { 'i', 'n', 't', 'e', 'g', 'r', 't', 0, 4, 15,
						    32,	 0,   4,   0,	0,   0,	  64,  0, 0, 0,
						    0,	 0,   0,   0,	8,   0,	  0,   0, 3, 12 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (!volume_key[0])
		make_areas();
	put_copy(disk_bytes, false, uuid, json);
	put_copy(disk_bytes + COPY_SIZE, true, uuid, json);
	MUST(fd >= 0 && ftruncate(fd, DISK_SIZE) == 0);
	MUST(pwrite(fd, disk_bytes, sizeof(disk_bytes), 0) == (ssize_t)sizeof(disk_bytes));
	MUST(pwrite(fd, superblock, sizeof(superblock), SEGMENT) == (ssize_t)sizeof(superblock));
	return fd;
}

/* --- what must hold --------------------------------------------------------------------------- */

/* One line of words, with as many options as it says. */
static void check_table(const struct header *h)
{
	char line[DMTABLE_MAX], key[160], *words = line, *save = NULL;
	unsigned n = 0, options = 0;

	snprintf(key, sizeof(key), ":%u:logon:%s", h->key_size,
		 h->key_description[0] ? h->key_description : "x");
	if (!dmtable_crypt(h, h->options, key, "254:1", line, sizeof(line)))
		return;
	for (const char *p = line; *p; p++)
		MUST(*p >= ' ' && *p < 0x7f);
	for (char *word; (word = strtok_r(words, " ", &save)); words = NULL, n++)
		if (n == 5)
			options = (unsigned)atoi(word);
	MUST(n == 6 + options);
	(void)dmtable_integrity(h, h->options, "254:0", line, sizeof(line));
}

/* With this passphrase, keyslot number gives the volume key (expected), or none. */
static void check_key(struct luks *luks, int number, const char *passphrase, bool in_a_keyslot)
{
	struct secret *secret = secret_new(), *key = secret_new();
	struct offer offer = { .source = SOURCE_PROMPT, .secret = secret };

	MUST(secret && key);
	for (const char *p = passphrase; *p; p++)
		secret_add(secret, (unsigned char)*p);
	if (luks_keyslot_open(luks, number, &offer, key) == 0) {
		MUST(in_a_keyslot);
		MUST(key->len == KEY_SIZE && memcmp(key->bytes, volume_key, KEY_SIZE) == 0);
	}
	secret_free(secret);
	secret_free(key);
}

static bool is_quick(const struct keyslot *slot)
{
	return slot->memory ? slot->memory <= MEMORY_MAX && slot->iterations <= 8 :
			      slot->iterations <= ITERATIONS_MAX;
}

static void check_keys(struct luks *luks, const struct header *h)
{
	const struct budget budget = { .cpus = 2, .memory = 1 << 20, .total = 2 << 20 };
	struct keyslot_plan plan;

	keyslots_plan(h, KEYSLOT_ANY, &budget, &plan);
	/* Three are enough: the passphrases are in two. */
	for (size_t i = 0; i < plan.n && i < 3; i++) {
		if (!is_quick(&plan.slots[i]))
			continue;
		check_key(luks, plan.slots[i].number, "wrong", false);
		check_key(luks, plan.slots[i].number, "right", true);
		check_key(luks, plan.slots[i].number, "other", true);
	}
}

/* The digests' iterations, which a key is checked with. */
static bool digests_are_quick(const char *json)
{
	static const char word[] = "\"iterations\"";

	while ((json = strstr(json, word))) {
		json += sizeof(word) - 1;
		json += strspn(json, " \t\r\n:");
		if (strtoul(json, NULL, 10) > ITERATIONS_MAX)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *json = text, *uuid = fuzz_piece(&json, "\n");
	int fd = disk_with(uuid, json);
	struct config config = { 0 };
	struct volume *v = config_add_volume(&config, "root", "test");
	struct luks *luks = NULL;
	struct verdict verdict;
	struct disk disk;
	char node[32];

	snprintf(node, sizeof(node), "/proc/self/fd/%d", fd);
	v->expect = EXPECT_ANY;
	luks_read_header(node, NULL, NULL, &disk, &luks);
	MUST((luks != NULL) == (disk.kind == HEADER_LUKS2));
	verdict_disk(v, node, &disk, &verdict);
	MUST(fuzz_readable(verdict.text));
	if (verdict.action == VERDICT_OPEN) {
		MUST(luks);
		check_table(&disk.header);
		if (digests_are_quick(json))
			check_keys(luks, &disk.header);
	}
	luks_free(luks);
	close(fd);
	config_free(&config);
	free(text);
	return 0;
}
