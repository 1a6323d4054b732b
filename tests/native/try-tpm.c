/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * try-tpm: what the programs do with a TPM, against the one behind SWTPM="host=…,port=…" in the
 * environment (its tcti takes the place of the device's). It prints what came of it, a line a step.
 *
 *   try-tpm counter             an NV counter from its definition to its end
 *   try-tpm keep                defines a counter and leaves it: "index name"
 *   try-tpm sessions            the numbers of sessions and objects that are loaded
 *   try-tpm extend PCR TEXT     extends a PCR, with the key "intact" when KEYED is set
 *   try-tpm measure NAME UUID   what tpm2-measure-pcr= does with the volume key "intact"
 *   try-tpm phase               "enter-initrd" in PCR 11, if it is this program's to do
 *   try-tpm silent              a TPM that does not answer
 *   try-tpm slow                one whose every answer takes a second
 *   try-tpm endless             one that answers without an end
 *   try-tpm talk                one child for all of standard input: a line is "find" (and hold),
 *                               "read" or "increment"; each is answered by a line
 *   try-tpm unseal FILE [PIN]   the token in FILE: the SHA-256 of its passphrase, or with SHOW in
 * the environment the passphrase; with "-" as PIN only the dry run. SIGNATURE and PCRLOCK: files.
 * TIMES: how often
 */
#include "base/util.h"
#include "system/sha256.h"
#include "system/tpm.h"
#include "system/tpm2_json.h"
#include "system/tpm_phase.h"
#include "system/tpm_unseal.h"
#include "unlock/tpm_key.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <tss2/tss2_tcti_swtpm.h>

/* The linker puts it in the place of the original. */
TSS2_RC __wrap_Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *context, size_t *size, const char *conf);
TSS2_RC __wrap_Tss2_Tcti_Device_Init(TSS2_TCTI_CONTEXT *context, size_t *size, const char *conf)
{
	(void)conf;
	return Tss2_Tcti_Swtpm_Init(context, size, getenv("SWTPM"));
}

static const struct tpm_place place = { .device = "/dev/null", .answer_ms = 60000 };
static const unsigned char policy[TPM_POLICY_SIZE] = { 1, 2, 3 };
static struct secret *auth, *other, *pin;

static void say(const char *what, enum tpm_fault fault)
{
	printf("%s: %s\n", what, tpm_fault_text(fault));
}

static void say_value(const char *what, enum tpm_fault fault, uint64_t value)
{
	if (fault == TPM_OK)
		printf("%s: %llu\n", what, (unsigned long long)value);
	else
		say(what, fault);
}

static void use(struct tpm *tpm, uint32_t index, const struct tpm_name *name)
{
	struct tpm_name changed = *name;
	uint64_t value = 0;
	enum tpm_fault fault = tpm_counter_read(tpm, index, name, auth, &value);

	say_value("read", fault, value);
	fault = tpm_counter_increment(tpm, index, name, auth, &value);
	say_value("increment", fault, value);
	fault = tpm_counter_read(tpm, index, name, other, &value);
	say_value("read with another value", fault, value);
	fault = tpm_counter_increment(tpm, index, name, other, &value);
	say_value("increment with another value", fault, value);
	changed.bytes[changed.len - 1] ^= 1;
	fault = tpm_counter_read(tpm, index, &changed, auth, &value);
	say_value("read another name", fault, value);
	fault = tpm_counter_read(tpm, index, name, auth, &value);
	say_value("read again", fault, value);
}

static enum tpm_fault counter(struct tpm *tpm, void *arg, void *answer)
{
	const unsigned char another[TPM_POLICY_SIZE] = { 9 };
	struct tpm_name name, found;
	uint32_t index = 0, index_found = 0, again = 0;
	uint64_t value = 0;
	enum tpm_fault fault;

	(void)arg;
	(void)answer;
	say("before", tpm_counter_find(tpm, policy, &index, &name));
	fault = tpm_counter_define(tpm, policy, auth, &index, &name, &value);
	say_value("define", fault, value);
	say("found", tpm_counter_find(tpm, policy, &index_found, &found));
	printf("the same: %d\n", index == index_found && found.len == name.len &&
					 memcmp(found.bytes, name.bytes, name.len) == 0);
	say("of another", tpm_counter_find(tpm, another, &index_found, &found));
	use(tpm, index, &name);
	fault = tpm_counter_define(tpm, policy, auth, &again, &found, &value);
	say_value("second", fault, value);
	printf("elsewhere: %d\n", index != again);
	say("undefine", tpm_counter_undefine(tpm, index));
	say("read what is gone", tpm_counter_read(tpm, index, &name, auth, &value));
	say("undefine what is gone", tpm_counter_undefine(tpm, index));
	return tpm_counter_undefine(tpm, again);
}

static enum tpm_fault keep(struct tpm *tpm, void *arg, void *answer)
{
	struct tpm_name name;
	uint64_t value;
	uint32_t index;
	enum tpm_fault fault = tpm_counter_define(tpm, policy, auth, &index, &name, &value);

	(void)arg;
	(void)answer;
	say_value("define", fault, value);
	return fault;
}

/* What is made by "keep" in a run before: reads it, and counts on with COUNT set. */
static enum tpm_fault kept(struct tpm *tpm, void *arg, void *answer)
{
	struct tpm_name name;
	uint64_t value = 0;
	uint32_t index = 0;
	enum tpm_fault fault = tpm_counter_find(tpm, policy, &index, &name);

	(void)arg;
	(void)answer;
	if (fault != TPM_OK)
		return fault;
	printf("index: %x\n", index);
	fault = tpm_counter_read(tpm, index, &name, auth, &value);
	say_value("read", fault, value);
	if (getenv("COUNT")) {
		fault = tpm_counter_increment(tpm, index, &name, auth, &value);
		say_value("increment", fault, value);
		fault = tpm_counter_read(tpm, index, &name, auth, &value);
		say_value("read again", fault, value);
	}
	return fault;
}

/* TPM2_PT_HR_LOADED, TPM2_PT_HR_TRANSIENT_AVAIL and TPM2_PT_HR_LOADED_AVAIL. */
static enum tpm_fault sessions(struct tpm *tpm, void *arg, void *answer)
{
	const uint32_t properties[] = { 0x203, 0x204, 0x207 };

	(void)arg;
	(void)answer;
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		uint32_t value = 0;
		enum tpm_fault fault = tpm_property(tpm, properties[i], &value);

		say_value("property", fault, value);
	}
	return TPM_OK;
}

static enum tpm_fault extend(struct tpm *tpm, void *arg, void *answer)
{
	char **words = arg;

	(void)answer;
	return tpm_pcr_extend(tpm, (unsigned)atoi(words[0]), words[1],
			      getenv("KEYED") ? auth : NULL);
}

static void show(const struct secret *passphrase)
{
	unsigned char sum[SHA256_SIZE];

	if (getenv("SHOW")) {
		printf("passphrase: %.*s\n", (int)passphrase->len, (const char *)passphrase->bytes);
		return;
	}
	sha256(passphrase->bytes, passphrase->len, sum);
	printf("passphrase: ");
	for (size_t i = 0; passphrase->len > 0 && i < sizeof(sum); i++)
		printf("%02x", sum[i]);
	printf("\n");
}

static enum tpm_fault unseal(struct tpm *tpm, void *arg, void *answer)
{
	char **words = arg;
	static struct tpm2_token token;
	const struct tpm2_files files = { getenv("SIGNATURE"), getenv("PCRLOCK") };
	cleanup_free char *text = NULL;
	char buf[96];
	const char *wrong;
	enum tpm_fault fault = TPM_OK;

	(void)answer;
	if (read_file(words[0], 1 << 20, &text, NULL) < 0)
		return TPM_FAILED;
	wrong = tpm2_json_read(json_tokener_parse(text), 0, &token, buf, sizeof(buf));
	if (wrong) {
		printf("the token %s\n", wrong);
		return TPM_BAD_TOKEN;
	}
	for (int i = 0; fault == TPM_OK && i < (getenv("TIMES") ? atoi(getenv("TIMES")) : 1); i++) {
		secret_wipe(other);
		fault = tpm2_unseal(tpm, &token, &files, pin, 4 << 20, other);
	}
	if (fault == TPM_OK)
		show(other);
	return fault;
}

static enum tpm_fault phase(struct tpm *tpm, void *arg, void *answer)
{
	(void)arg;
	(void)answer;
	return tpm_phase_enter_initrd(tpm);
}

static enum tpm_fault silent(struct tpm *tpm, void *arg, void *answer)
{
	(void)tpm;
	(void)arg;
	(void)answer;
	pause();
	return TPM_OK;
}

static enum tpm_fault ask(struct tpm *tpm, unsigned times, int pause_ms)
{
	enum tpm_fault fault = TPM_OK;
	uint32_t value;

	for (unsigned i = 0; fault == TPM_OK && i < times; i++) {
		poll(NULL, 0, pause_ms);
		fault = tpm_property(tpm, TPM_PROPERTY_PERMANENT, &value);
	}
	return fault;
}

static enum tpm_fault slow(struct tpm *tpm, void *arg, void *answer)
{
	(void)arg;
	(void)answer;
	return ask(tpm, 5, 1000);
}

static enum tpm_fault endless(struct tpm *tpm, void *arg, void *answer)
{
	(void)arg;
	(void)answer;
	return ask(tpm, UINT_MAX, 50);
}

struct talked {
	uint32_t index;
	struct tpm_name name;
	uint64_t value;
};

static enum tpm_fault talk_about(struct tpm *tpm, void *arg, const struct tpm_request *request,
				 void *answer)
{
	struct talked *t = arg;
	enum tpm_fault fault;

	if (request->what == 'f') {
		fault = tpm_counter_find(tpm, policy, &t->index, &t->name);
		if (fault == TPM_OK)
			fault = tpm_counter_hold(tpm, t->index, &t->name);
	} else if (request->what == 'r') {
		fault = tpm_counter_read(tpm, t->index, &t->name, auth, &t->value);
	} else {
		fault = tpm_counter_increment(tpm, t->index, &t->name, auth, &t->value);
	}
	*(struct talked *)answer = *t;
	return fault;
}

static int talk(void)
{
	struct talked t = { 0 };
	struct tpm_talk talk = TPM_TALK(talk_about, &t);
	char line[32];

	while (fgets(line, sizeof(line), stdin)) {
		const struct tpm_request request = { .what = (unsigned char)line[0] };
		struct talked said;
		enum tpm_fault fault = tpm_ask(&talk, &place, &request, &said, sizeof(said)).fault;

		if (fault == TPM_OK)
			t = said;
		say_value("said", fault, t.value);
	}
	tpm_talk_end(&talk, 60000);
	return 0;
}

/* Not in the child: the program itself asks. */
static int measure(char **words)
{
	struct volume v = { .name = words[0] };
	char warning[160] = "";

	str_copy(v.tpm2.device, sizeof(v.tpm2.device), "/dev/null");
	v.tpm2.measure = true;
	v.tpm2.measure_in = 15;
	tpm_key_measure(&v, words[1], auth, warning);
	printf("end: %s\n", warning[0] ? warning : tpm_fault_text(TPM_OK));
	return warning[0] ? 1 : 0;
}

static struct secret *secret_of(const char *text)
{
	struct secret *s = secret_new();

	for (; s && *text; text++)
		secret_add(s, (unsigned char)*text);
	return s;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer);
		unsigned answer_ms;
	} commands[] = {
		{ "counter", counter, 60000 },	 { "keep", keep, 60000 },
		{ "sessions", sessions, 60000 }, { "extend", extend, 60000 },
		{ "phase", phase, 60000 },	 { "silent", silent, 300 },
		{ "unseal", unseal, 60000 },	 { "kept", kept, 60000 },
		{ "slow", slow, 4000 },		 { "endless", endless, 300 },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	auth = secret_of("intact");
	other = secret_of("extern");
	if (argc > 3 && !str_eq(argv[3], "-"))
		pin = secret_of(argv[3]);
	if (argc > 3 && str_eq(argv[1], "measure"))
		return measure(argv + 2);
	if (argc > 1 && str_eq(argv[1], "talk"))
		return talk();
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		struct tpm_place at = place;
		struct tpm_answer answer;

		if (!str_eq(argv[1], commands[i].name))
			continue;
		at.answer_ms = commands[i].answer_ms;
		answer = tpm_run(&at, commands[i].work, argv + 2, NULL, 0);
		printf("end: %s (%x)\n", tpm_fault_text(answer.fault), answer.code);
		return answer.fault == TPM_OK ? 0 : 1;
	}
	return 2;
}
