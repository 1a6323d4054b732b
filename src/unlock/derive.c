/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/derive.h"

#include "base/child.h"
#include "base/util.h"
#include "policy/diagnosis.h"
#include "system/machine.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

/* A process that tries secrets on one keyslot after the other. */
struct process {
	struct child child;
	struct secret *key; /* where it puts the volume key; kept when it ends */
	int slot;	    /* index in the plan of the keyslot it works on; -1: none */
	int keyslot;	    /* the number of its last keyslot */
	uint64_t since;	    /* when it began with that */
};

struct derivation {
	const struct luks *cv;
	const struct header *h;
	int only; /* keyslot, or KEYSLOT_ANY */
	struct timings *timings;
	bool stopped;
	struct process processes[KEYSLOTS_MAX];
};

struct order {
	enum { ORDER_RESERVE, ORDER_OPEN } what;
	uint64_t memory; /* with ORDER_RESERVE */
	/* With ORDER_OPEN; the offer's text and secret follow it. */
	int keyslot;
	int nice;
	struct offer offer;
	char file[PATH_MAX];
	struct secret_handle secret, key;
};

struct answer {
	int r; /* luks_keyslot_open's */
	char error[256];
};

/* --- in the process --------------------------------------------------------------------------- */

static void try_keyslot(struct luks *cv, struct order *order, struct answer *ret)
{
	struct secret *key = secret_find(order->key);

	/* Threads inherit it. The likeliest keyslot runs ahead of everything else in the image,
	 * which waits for it; those beside it take only the time that it leaves. */
	(void)setpriority(PRIO_PROCESS, 0, order->nice);
	order->offer.file = order->file;
	order->offer.secret = secret_find(order->secret);
	if (!key || (!order->offer.secret && order->offer.source != SOURCE_KEYFILE &&
		     order->offer.source != SOURCE_TOKEN)) {
		ret->r = -EFAULT;
		str_copy(ret->error, sizeof(ret->error), "its process does not share the secret");
		return;
	}
	ret->r = luks_keyslot_open(cv, order->keyslot, &order->offer, key);
	str_copy(ret->error, sizeof(ret->error), luks_error(cv));
}

static void process_main(void *arg, int fd)
{
	const struct derivation *d = arg;
	struct luks *cv = NULL;
	struct order order;
	int loaded;

	/* It keeps the other files: libdevmapper remembers the number of its control device. */
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (d->processes[i].child.fd >= 0)
			close(d->processes[i].child.fd);
	machine_oom_score(1000);
	loaded = luks_again(d->cv, &cv);
	while (child_receive(fd, &order, sizeof(order))) {
		struct answer answer = { .r = loaded };

		if (order.what == ORDER_RESERVE) {
			luks_fetch_memory(order.memory);
			continue;
		}
		if (loaded == 0)
			try_keyslot(cv, &order, &answer);
		if (child_send(fd, &answer, sizeof(answer)) < 0)
			_exit(1);
	}
}

/* --- processes, seen from the worker ---------------------------------------------------------- */

struct derivation *derivation_new(const struct luks *cv, const struct header *h, int keyslot,
				  struct timings *timings)
{
	struct derivation *d = xcalloc(1, sizeof(*d));

	d->cv = cv;
	d->h = h;
	d->only = keyslot;
	d->timings = timings;
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		d->processes[i] = (struct process){ .child = CHILD_NONE, .slot = -1 };
	return d;
}

/* Returns the signal that ended it, or 0. */
static int process_end(struct process *p)
{
	int signal = child_reap(&p->child);

	p->slot = -1;
	if (p->key)
		secret_wipe(p->key);
	return signal;
}

static void kill_all_but(struct derivation *d, const struct process *winner)
{
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (&d->processes[i] != winner)
			child_kill(&d->processes[i].child);
}

/* All at once: it takes a while to overwrite and to free a gigabyte. */
static void end_all(struct derivation *d)
{
	kill_all_but(d, NULL);
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		process_end(&d->processes[i]);
	d->stopped = false;
}

void derivation_stop(struct derivation *d)
{
	if (!d)
		return;
	d->stopped = true;
	kill_all_but(d, NULL);
	for (size_t i = 0; i < KEYSLOTS_MAX; i++) {
		struct process *p = &d->processes[i];

		if (p->child.pid)
			child_stopped(&p->child);
		if (p->key)
			secret_wipe(p->key);
	}
}

struct derivation *derivation_free(struct derivation *d)
{
	if (d) {
		end_all(d);
		for (size_t i = 0; i < KEYSLOTS_MAX; i++)
			secret_free(d->processes[i].key);
		free(d);
	}
	return NULL;
}

static int process_start(struct derivation *d, struct process *p)
{
	/* Before the fork, so that the process shares it. */
	if (!p->key)
		p->key = secret_new();
	return p->key ? child_start_guarded(&p->child, luks_kernel_file(d->cv), process_main, d) :
			-ENOMEM;
}

/* A process without work, started when there is none. The one that has just finished a keyslot is
 * preferred: it already has memory. */
static struct process *idle_process(struct derivation *d, struct process *last)
{
	struct process *unused = NULL;

	if (last && last->child.pid && last->slot < 0)
		return last;
	for (size_t i = 0; i < KEYSLOTS_MAX; i++) {
		struct process *p = &d->processes[i];

		if (p->child.pid && p->slot < 0)
			return p;
		if (!p->child.pid && !unused)
			unused = p;
	}
	return unused && process_start(d, unused) == 0 ? unused : NULL;
}

/* Waits for the first process that has an answer or has ended. */
static struct process *wait_for_one(struct derivation *d)
{
	struct pollfd fds[KEYSLOTS_MAX];

	for (size_t i = 0; i < KEYSLOTS_MAX; i++) {
		const struct process *p = &d->processes[i];

		fds[i] = (struct pollfd){ .fd = p->slot >= 0 ? p->child.fd : -1, .events = POLLIN };
	}
	while (poll(fds, KEYSLOTS_MAX, -1) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (fds[i].revents)
			return &d->processes[i];
	return NULL;
}

/* Its answer, or what its end means. Returns the answer's r. */
static int process_result(struct process *p, struct answer *ret)
{
	struct answer answer = { 0 };

	if (!child_receive(p->child.fd, &answer, sizeof(answer))) {
		int signal = process_end(p);

		/* It has ended by itself, and only the OOM killer sends SIGKILL to such a process.
		 */
		memset(&answer, 0, sizeof(answer));
		answer.r = signal == SIGKILL ? -ENOMEM : -ECHILD;
		snprintf(answer.error, sizeof(answer.error), "its process died of signal %d",
			 signal);
	}
	p->slot = -1;
	*ret = answer;
	return answer.r;
}

void derivation_reserve(struct derivation *d, const struct budget *budget)
{
	enum slot_state states[KEYSLOTS_MAX] = { SLOT_WAITING };
	struct keyslot_plan plan;
	size_t n = 0;
	int i;

	if (d->stopped)
		end_all(d);
	keyslots_plan(d->h, d->only, budget, &plan);
	while ((i = keyslots_next(&plan, budget, states)) >= 0) {
		struct order order = { .what = ORDER_RESERVE, .memory = plan.slots[i].memory };
		struct process *p = &d->processes[n++];

		states[i] = SLOT_RUNNING;
		if (order.memory > budget->memory || (!p->child.pid && process_start(d, p) < 0))
			break;
		(void)child_send(p->child.fd, &order, sizeof(order));
	}
}

/* --- the keyslots of one offer ---------------------------------------------------------------- */

/* The result of the keyslots so far. */
struct outcome {
	bool wrong;	/* on one of them the secret is known to be wrong */
	int err;	/* the first other error, a negative errno */
	char left[256]; /* as in struct unlock */
};

/* A keyslot did not open. Returns whether it is tried again. */
static bool slot_failed(struct outcome *outcome, struct keyslot *slot, int r, const char *error,
			bool beside)
{
	struct budget machine;
	char why[300];

	if (r == -EPERM) {
		outcome->wrong = true;
		return false;
	}
	/* Perhaps it fits when it has the machine to itself. */
	if (r == -ENOMEM && beside && !slot->alone) {
		slot->alone = true;
		return true;
	}
	machine_read(&machine);
	diagnosis_keyslot(slot, r, error, machine.memory, why, sizeof(why));
	str_append(outcome->left, sizeof(outcome->left), "%skeyslot %d %s",
		   outcome->left[0] ? "; " : "", slot->number, why);
	if (!outcome->err)
		outcome->err = r;
	return false;
}

/* Gives keyslot i of the plan to a process. 0 or a negative errno. */
static int slot_start(struct derivation *d, struct process *last, const struct keyslot_plan *plan,
		      int i, bool beside, const struct offer *offer)
{
	struct order order = { .what = ORDER_OPEN,
			       .keyslot = plan->slots[i].number,
			       .nice = beside ? 10 : PRIORITY_AHEAD,
			       .offer = *offer,
			       .secret = secret_handle(offer->secret) };
	struct process *p;

	/* The pointers mean nothing in the process, which may be older than what they point to. */
	order.offer.file = NULL;
	order.offer.secret = NULL;
	if (offer->file && !str_copy(order.file, sizeof(order.file), offer->file))
		return -ENAMETOOLONG;
	while ((p = idle_process(d, last))) {
		order.key = secret_handle(p->key);
		child_gets_secret(&p->child);
		if (child_send(p->child.fd, &order, sizeof(order)) == 0) {
			p->slot = i;
			p->keyslot = order.keyslot;
			p->since = now_ms();
			return 0;
		}
		/* It may have died while it got memory; its successor goes without. */
		process_end(p);
	}
	return -EAGAIN;
}

/* Gives keyslots to processes as long as the plan allows it. Returns how many are running. */
static size_t start_slots(struct derivation *d, struct process *last, struct keyslot_plan *plan,
			  const struct budget *budget, const struct offer *offer,
			  enum slot_state states[], size_t running, struct outcome *outcome)
{
	int i;

	while ((i = keyslots_next(plan, budget, states)) >= 0) {
		if (slot_start(d, last, plan, i, running > 0, offer) == 0) {
			states[i] = SLOT_RUNNING;
			running++;
		} else if (running > 0) {
			break;
		} else {
			states[i] = SLOT_ENDED;
			(void)slot_failed(outcome, &plan->slots[i], -EAGAIN,
					  "no process can be started", false);
		}
	}
	return running;
}

static void took(struct derivation *d, const struct process *p, enum step_end end)
{
	timings_add(d->timings, STEP_KEYSLOT, p->keyslot, end, p->since, now_ms());
}

/* winner has opened its keyslot; the others need not end theirs. */
static void took_all(struct derivation *d, const struct process *winner)
{
	took(d, winner, STEP_OK);
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (&d->processes[i] != winner && d->processes[i].slot >= 0)
			took(d, &d->processes[i], STEP_STOPPED);
}

/* Works through the plan. Returns the process that has the volume key, or NULL. */
static struct process *run(struct derivation *d, struct keyslot_plan *plan,
			   const struct budget *budget, const struct offer *offer,
			   void (*meanwhile)(void *arg), void *arg, struct outcome *outcome)
{
	enum slot_state states[KEYSLOTS_MAX] = { SLOT_WAITING };
	struct process *p = NULL;
	size_t running = 0;

	while ((running = start_slots(d, p, plan, budget, offer, states, running, outcome)) > 0) {
		struct answer answer;
		bool again;
		int i;

		if (meanwhile)
			meanwhile(arg);
		meanwhile = NULL;
		p = wait_for_one(d);
		if (!p)
			continue;
		i = p->slot;
		if (process_result(p, &answer) == 0) {
			took_all(d, p);
			return p;
		}
		took(d, p, answer.r == -EPERM ? STEP_WRONG : STEP_LEFT);
		again = slot_failed(outcome, &plan->slots[i], answer.r, answer.error, running > 1);
		states[i] = again ? SLOT_WAITING : SLOT_ENDED;
		running--;
	}
	return NULL;
}

void derivation_open(struct derivation *d, const struct budget *budget, const struct offer *offer,
		     void (*meanwhile)(void *arg), void *arg, struct unlock *ret,
		     const struct secret **ret_key)
{
	struct unlock result = { .status = UNLOCK_OK, .keyslot = -1 };
	struct outcome outcome = { .err = 0 };
	struct keyslot_plan plan;
	struct process *winner = NULL;

	if (d->stopped)
		end_all(d);
	keyslots_plan(d->h, d->only, budget, &plan);
	if (offer->keyslots)
		keyslots_restrict(&plan, offer->keyslots);
	keyslots_explain(&plan, budget, outcome.left, sizeof(outcome.left));
	if (plan.n > 0)
		winner = run(d, &plan, budget, offer, meanwhile, arg, &outcome);
	if (winner) {
		/* Not waited for: the memory of the others is not needed now. */
		kill_all_but(d, winner);
		result.keyslot = winner->keyslot;
		*ret_key = winner->key;
	} else if (plan.n == 0 && offer->keyslots) {
		result.status = UNLOCK_WRONG; /* others may open */
	} else if (plan.n == 0) {
		diagnosis_no_keyslot(luks_node(d->cv), d->only, outcome.left, &result);
	} else if (!outcome.wrong) {
		diagnosis_keyslots_failed(luks_node(d->cv), outcome.err, outcome.left, &result);
	} else {
		result.status = UNLOCK_WRONG;
	}
	str_copy(result.left, sizeof(result.left), outcome.left);
	*ret = result;
}

void derivation_wipe_keys(struct derivation *d)
{
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (d->processes[i].key)
			secret_wipe(d->processes[i].key);
}
