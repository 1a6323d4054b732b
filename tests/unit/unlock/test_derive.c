/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real processes, with a libcryptsetup that follows a script: each keyslot takes its time
 * and ends its own way.
 */
#include "genuine.h"
#include "system/machine.c"
#include "test.h"
#include "unlock/derive.c"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OPENS 0
#define MIB(n) ((uint64_t)(n) << 10)

static struct {
	int r;	     /* what luks_keyslot_open returns */
	unsigned ms; /* after that time … */
	int begun;   /* … and not before so many have begun, on a busy machine as well */
	int signal;  /* or what the process dies of … */
	bool once;   /* … the first time */
} slots[KEYSLOTS_MAX];

/* What the processes did, for all to see. */
static struct {
	int running, most, started[KEYSLOTS_MAX];
	int nice[KEYSLOTS_MAX], oom[KEYSLOTS_MAX];
	pid_t pid[KEYSLOTS_MAX];
	uint64_t prepared[KEYSLOTS_MAX];
	int n_prepared;
	bool locked;
} * seen;

struct luks {
	int unused;
};
static struct luks fake;

int luks_again(const struct luks *cv, struct luks **ret)
{
	(void)cv;
	*ret = &fake;
	return 0;
}

int luks_kernel_file(const struct luks *cv)
{
	(void)cv;
	return -1;
}

const char *luks_node(const struct luks *cv)
{
	(void)cv;
	return "/dev/vda";
}

const char *luks_error(const struct luks *cv)
{
	(void)cv;
	return "";
}

void luks_fetch_memory(uint64_t memory)
{
	seen->prepared[__atomic_fetch_add(&seen->n_prepared, 1, __ATOMIC_SEQ_CST)] = memory;
}

static int begun(void)
{
	int n = 0;

	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		n += __atomic_load_n(&seen->started[i], __ATOMIC_SEQ_CST) > 0;
	return n;
}

int luks_keyslot_open(struct luks *cv, int keyslot, const struct offer *offer, struct secret *ret)
{
	const struct secret *secret = offer->secret;
	int running = __atomic_add_fetch(&seen->running, 1, __ATOMIC_SEQ_CST);
	bool first = __atomic_fetch_add(&seen->started[keyslot], 1, __ATOMIC_SEQ_CST) == 0;
	char oom[16] = "";

	(void)cv;
	if (running > seen->most)
		seen->most = running;
	seen->pid[keyslot] = getpid();
	seen->nice[keyslot] = getpriority(PRIO_PROCESS, 0);
	(void)read_line("/proc/self/oom_score_adj", oom, sizeof(oom));
	seen->oom[keyslot] = atoi(oom);
	usleep(slots[keyslot].ms * 1000);
	for (int i = 0; i < 60000 && begun() < slots[keyslot].begun; i++)
		usleep(1000);
	if (slots[keyslot].signal && (first || !slots[keyslot].once)) {
		__atomic_sub_fetch(&seen->running, 1, __ATOMIC_SEQ_CST);
		kill(getpid(), slots[keyslot].signal);
		pause();
	}
	if (slots[keyslot].r == OPENS) {
		secret_add(ret, (unsigned char)('0' + keyslot));
		for (size_t i = 0; secret && i < secret->len; i++)
			secret_add(ret, secret->bytes[i]);
	}
	__atomic_sub_fetch(&seen->running, 1, __ATOMIC_SEQ_CST);
	return slots[keyslot].r;
}

/* --- the script's verbs
 * --------------------------------------------------------------------------- */

struct setting {
	struct header h;
	struct budget budget;
	struct derivation *derivation;
	struct secret *secret;
	struct unlock unlock;
	const struct secret *key;
};

/* n slots of one lane and 64 MiB that do not open, on a machine that has room for all. */
static void set(struct setting *s, unsigned n)
{
	memset(s, 0, sizeof(*s));
	memset(slots, 0, sizeof(slots));
	if (!seen)
		seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	memset(seen, 0, sizeof(*seen));
	s->h.keyslots = n;
	s->h.key_size = 96;
	for (unsigned i = 0; i < n; i++) {
		s->h.keyslot[i] = genuine_slot((struct keyslot){ .number = (int)i,
								 .priority = KEYSLOT_NORMAL,
								 .memory = MIB(64),
								 .iterations = 4,
								 .lanes = 1 });
		slots[i].r = -EPERM;
	}
	s->budget = (struct budget){ 8, MIB(4096), MIB(8192) };
	s->secret = secret_new();
	secret_add(s->secret, 'x');
	s->derivation = derivation_new(&fake, &s->h, KEYSLOT_ANY, NULL);
}

static void try_it(struct setting *s)
{
	s->key = NULL;
	derivation_open(s->derivation, &s->budget,
			&(struct offer){ .source = SOURCE_PROMPT, .secret = s->secret }, NULL, NULL,
			&s->unlock, &s->key);
}

/* With the option key-slot=. */
static void ask_for(struct setting *s, int keyslot)
{
	derivation_free(s->derivation);
	s->derivation = derivation_new(&fake, &s->h, keyslot, NULL);
}

static void done(struct setting *s)
{
	derivation_free(s->derivation);
	secret_free(s->secret);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* no process is left over */
}

TEST(last_one_opens)
{
	struct setting s;

	set(&s, 3);
	slots[2].r = OPENS;
	slots[2].ms = 200;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_OK);
	CHECK_INT(s.unlock.keyslot, 2);
	CHECK(s.key && s.key->len == 2 && s.key->bytes[0] == '2' && s.key->bytes[1] == 'x');
	CHECK_STR(s.unlock.left, "");
	CHECK_INT(seen->oom[2], 1000);
	derivation_wipe_keys(s.derivation);
	CHECK(s.key && s.key->len == 0 && s.key->bytes[0] == 0);
	done(&s);
}

TEST(side_by_side)
{
	struct setting s;

	set(&s, 4);
	for (int i = 0; i < 4; i++)
		slots[i].begun = 4;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_WRONG);
	CHECK_INT(seen->most, 4);
	/* Only root may go ahead of others. */
	CHECK_INT(seen->nice[0], geteuid() == 0 ? PRIORITY_AHEAD : 0);
	CHECK_INT(seen->nice[1], 10);
	done(&s);

	set(&s, 4);
	s.budget.cpus = 1;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_WRONG);
	CHECK_INT(seen->most, 1);
	CHECK_INT(seen->started[3], 1);
	CHECK(seen->pid[0] == seen->pid[3]); /* one process does them all */
	done(&s);
}

/* The first that opens is enough, and the others are gone before anything else needs their memory.
 */
TEST(others_are_killed)
{
	struct setting s;
	uint64_t begin = now_ms();

	set(&s, 3);
	slots[0].ms = slots[2].ms = 60000;
	slots[1].r = OPENS;
	slots[1].begun = 3;
	try_it(&s);
	CHECK_INT(s.unlock.keyslot, 1);
	done(&s);
	CHECK(now_ms() - begin < 30000);
	CHECK(seen->pid[0] > 0 && kill(seen->pid[0], 0) < 0 && errno == ESRCH);
}

TEST(one_asked_for)
{
	struct setting s;

	set(&s, 3);
	slots[0].r = OPENS;
	ask_for(&s, 1);
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_WRONG);
	CHECK_INT(seen->started[0] + seen->started[2], 0);
	ask_for(&s, 9);
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_FAILED);
	CHECK_INT(s.unlock.code, EXIT_CODE_PASSPHRASE);
	CHECK_HAS(s.unlock.text,
		  "keyslot 9 of /dev/vda, which the option key-slot= asks for, does not exist");
	done(&s);
}

TEST(all_ignored)
{
	struct setting s;

	set(&s, 1);
	s.h.keyslot[0].priority = KEYSLOT_IGNORE;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_FAILED);
	CHECK_HAS(s.unlock.text, "priority \"ignore\"");
	done(&s);
}

/* What ran out of memory beside others is tried once more alone, … */
TEST(killed_beside_others)
{
	struct setting s;

	set(&s, 2);
	slots[1].r = OPENS;
	slots[1].signal = SIGKILL;
	slots[1].once = true;
	slots[0].ms = 1000;
	slots[1].begun = 2;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_OK);
	CHECK_INT(s.unlock.keyslot, 1);
	CHECK_INT(seen->started[1], 2);
	done(&s);
}

/* … and what did so alone is named, after the others had their turn. */
TEST(killed_alone)
{
	struct setting s;

	set(&s, 2);
	slots[0].signal = SIGKILL;
	s.budget.cpus = 1;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_WRONG);
	CHECK_STR(s.unlock.left, "keyslot 0 needs 64 MiB of memory, but there was not enough");
	slots[1].r = OPENS;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_OK);
	CHECK_INT(s.unlock.keyslot, 1);
	done(&s);
}

TEST(no_memory_at_all)
{
	struct setting s;

	set(&s, 2);
	slots[0].r = slots[1].r = -ENOMEM;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_FAILED);
	CHECK_INT(s.unlock.code, EXIT_CODE_MEMORY);
	CHECK_HAS(s.unlock.text, "not enough memory to open /dev/vda: keyslot ");
	CHECK_HAS(s.unlock.text, "keyslot 0 needs 64 MiB");
	CHECK_HAS(s.unlock.text, "keyslot 1 needs 64 MiB");
	done(&s);

	set(&s, 1);
	s.h.keyslot[0].memory = UINT32_MAX;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_FAILED);
	CHECK_INT(s.unlock.code, EXIT_CODE_MEMORY);
	CHECK_HAS(
		s.unlock.text,
		"no keyslot of /dev/vda can be tried on this machine: keyslot 0 asks for 3.9 TiB");
	CHECK_INT(seen->started[0], 0);
	done(&s);
}

TEST(broken_slot_does_not_stop_the_next)
{
	struct setting s;

	set(&s, 3);
	slots[0].r = -EBADMSG;
	slots[1].signal = SIGUSR1;
	slots[2].ms = 200;
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_WRONG);
	CHECK_HAS(s.unlock.left, "keyslot 0 gives no key that the header's digest");
	CHECK_HAS(s.unlock.left, "keyslot 1 could not be tried (its process died of signal 10)");
	done(&s);
}

/* Twice with the same processes; what they were prepared with is what the plan starts. */
TEST(prepared)
{
	struct setting s;

	set(&s, 3);
	s.h.keyslot[1].memory = MIB(4000);
	derivation_reserve(s.derivation, &s.budget);
	for (int i = 0; i < 500 && seen->n_prepared < 2; i++)
		usleep(10000);
	CHECK_INT(seen->n_prepared, 2);
	CHECK_INT(seen->prepared[0], MIB(64));
	CHECK_INT(seen->prepared[1], MIB(64));
	try_it(&s);
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_WRONG);
	CHECK_INT(seen->started[0], 2);
	CHECK_INT(seen->started[1], 2);
	done(&s);
}

/* The kernel took one that had its memory ready: the passphrase is tried all the same. */
TEST(prepared_one_was_killed)
{
	struct setting s;

	set(&s, 1);
	slots[0].r = OPENS;
	derivation_reserve(s.derivation, &s.budget);
	kill(s.derivation->processes[0].child.pid, SIGKILL);
	usleep(100000);
	try_it(&s);
	CHECK_INT(s.unlock.status, UNLOCK_OK);
	done(&s);
}

/* When the worker is killed, its processes end with it. */
TEST(worker_is_killed)
{
	struct setting s;
	pid_t worker;

	set(&s, 1);
	slots[0].ms = 60000;
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* to see the orphan's end */
	worker = fork();
	if (worker == 0) {
		try_it(&s);
		_exit(0);
	}
	for (int i = 0; i < 500 && !seen->pid[0]; i++)
		usleep(10000);
	kill(worker, SIGKILL);
	CHECK_INT(waitpid(worker, NULL, 0), worker);
	/* Its guard ends it, and then itself. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	CHECK(seen->pid[0] > 0 && kill(seen->pid[0], 0) < 0 && errno == ESRCH);
	done(&s);
}

/* RLIMIT_MEMLOCK is 0, and no capability to ignore it. */
TEST(mlock_refused)
{
	struct setting s;
	pid_t pid;
	int status = -1;

	set(&s, 1); /* maps the shared memory */
	done(&s);
	pid = fork();
	if (pid == 0) {
		struct __user_cap_header_struct cap = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct none[2] = { { .effective = 0 } };
		struct rlimit limit = { 0, 0 };

		syscall(SYS_capset, &cap, none);
		setrlimit(RLIMIT_MEMLOCK, &limit);
		set(&s, 2);
		slots[1].r = OPENS;
		seen->locked = syscall(SYS_mlock, s.secret, sizeof(*s.secret)) ==
			       0; /* the sanitizer has a mlock of its own */
		derivation_reserve(s.derivation, &s.budget);
		try_it(&s);
		_exit(s.unlock.status == UNLOCK_OK && s.unlock.keyslot == 1 ? 0 : 1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK(!seen->locked);
}

TEST(the_machine)
{
	struct budget b;

	cpu_set_t before, one;
	int cpu = 0;

	machine_read(&b);
	CHECK(b.cpus >= 1);
	CHECK(b.memory > 0 && b.memory <= b.total);
	/* All others off. */
	sched_getaffinity(0, sizeof(before), &before);
	while (!CPU_ISSET(cpu, &before))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	machine_read(&b);
	CHECK_INT(b.cpus, 1);
	sched_setaffinity(0, sizeof(before), &before);
}

TEST_MAIN(last_one_opens, side_by_side, others_are_killed, one_asked_for, all_ignored,
	  killed_beside_others, killed_alone, no_memory_at_all, broken_slot_does_not_stop_the_next,
	  prepared, prepared_one_was_killed, worker_is_killed, mlock_refused, the_machine)
