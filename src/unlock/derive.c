/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/derive.h"

#include "base/util.h"
#include "policy/diagnosis.h"
#include "system/machine.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct
try {
	pid_t pid; /* 0: none */
	int fd;
	struct secret *key; /* where it puts what it found */
	int slot;	    /* index in the plan of what it does; -1: nothing */
	int keyslot;	    /* the number of its last one */
};

struct tries {
	const struct luks *cv;
	const struct header *h;
	int only; /* keyslot, or KEYSLOT_ANY */
	int socket;
	struct try tries[KEYSLOTS_MAX];
};

struct order {
	enum { ORDER_PREPARE, ORDER_OPEN } what;
	uint64_t memory; /* with ORDER_PREPARE */
	int keyslot;
	int nice;
	struct offer offer; /* its memory was mapped before the fork */
};

struct answer {
	int r; /* as luks_keyslot_open's */
	char error[256];
};

/* --- the child ----------------------------------------------------------------------------------
 */

static void serve(struct luks *cv, int loaded, const struct order *order, struct secret *key,
		  struct answer *ret)
{
	struct answer answer = { .r = loaded };

	/* Threads inherit it. The likeliest slot comes before whatever else the image still does,
	 * since that waits for it; what runs beside it takes only the time that it leaves. */
	(void)setpriority(PRIO_PROCESS, 0, order->nice);
	if (loaded == 0) {
		answer.r = luks_keyslot_open(cv, order->keyslot, &order->offer, key);
		str_copy(answer.error, sizeof(answer.error), luks_error(cv));
	}
	*ret = answer;
}

static void child_main(const struct luks *parents, pid_t parent, int fd, struct secret *key)
{
	struct luks *cv = NULL;
	struct order order;
	int loaded;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before that. */
	if (getppid() != parent)
		_exit(0);
	machine_oom_score(1000);
	loaded = luks_again(parents, &cv);
	for (;;) {
		struct answer answer = { 0 };
		ssize_t n = recv(fd, &order, sizeof(order), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(order))
			_exit(0);
		if (order.what == ORDER_PREPARE) {
			luks_fetch_memory(order.memory);
			continue;
		}
		serve(cv, loaded, &order, key, &answer);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			_exit(1);
	}
}

/* --- the worker ---------------------------------------------------------------------------------
 */

struct tries *tries_new(const struct luks *cv, const struct header *h, int keyslot, int socket)
{
	struct tries *t = xcalloc(1, sizeof(*t));

	t->cv = cv;
	t->h = h;
	t->only = keyslot;
	t->socket = socket;
	for (size_t i = 0; i < KEYSLOTS_MAX; i++) {
		t->tries[i].fd = -1;
		t->tries[i].slot = -1;
	}
	return t;
}

/* Ends a process, and says how it ended when it had already: the signal, or 0. */
static int try_reap(struct try *try)
{
	int status = 0;
	pid_t pid;

	if (!try->pid)
		return 0;
	kill(try->pid, SIGKILL);
	do
		pid = waitpid(try->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	close(try->fd);
	try->fd = -1;
	try->pid = 0;
	try->slot = -1;
	secret_wipe(try->key);
	return pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

struct tries *tries_free(struct tries *t)
{
	if (t) {
		/* All at once: giving back a gigabyte takes its time. */
		for (size_t i = 0; i < KEYSLOTS_MAX; i++)
			if (t->tries[i].pid)
				kill(t->tries[i].pid, SIGKILL);
		for (size_t i = 0; i < KEYSLOTS_MAX; i++) {
			try_reap(&t->tries[i]);
			secret_free(t->tries[i].key);
		}
		free(t);
	}
	return NULL;
}

static int try_start(struct tries *t, struct try *try)
{
	pid_t parent = getpid();
	int fds[2];

	if (!try->key)
		try->key = secret_new();
	if (!try->key)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	try->pid = fork();
	if (try->pid < 0) {
		int err = errno;

		try->pid = 0;
		close(fds[0]);
		close(fds[1]);
		return -err;
	}
	if (try->pid == 0) {
		/* Not all above a number: libdevmapper remembers its control device's. */
		close(t->socket);
		close(fds[0]);
		for (size_t i = 0; i < KEYSLOTS_MAX; i++)
			if (t->tries[i].fd >= 0)
				close(t->tries[i].fd);
		child_main(t->cv, parent, fds[1], try->key);
	}
	close(fds[1]);
	try->fd = fds[0];
	return 0;
}

/* A process with nothing to do, started when there is none. Whoever has just ended something comes
 * first: its memory is free. */
static struct try *idle_try(struct tries *t, struct try *last)
{
	struct try *none = NULL;

	if (last && last->pid && last->slot < 0)
		return last;
	for (size_t i = 0; i < KEYSLOTS_MAX; i++) {
		if (t->tries[i].pid && t->tries[i].slot < 0)
			return &t->tries[i];
		if (!t->tries[i].pid && !none)
			none = &t->tries[i];
	}
	return none && try_start(t, none) == 0 ? none : NULL;
}

void tries_prepare(struct tries *t, const struct budget *budget)
{
	enum try_state states[KEYSLOTS_MAX] = { TRY_WAITING };
	struct keyslot_plan plan;
	size_t n = 0;
	int i;

	keyslots_plan(t->h, t->only, budget, &plan);
	while ((i = keyslots_next(&plan, budget, states)) >= 0) {
		struct order order = { .what = ORDER_PREPARE, .memory = plan.slots[i].memory };
		struct try *try = &t->tries[n++];

		states[i] = TRY_RUNNING;
		if (order.memory > budget->memory || (!try->pid && try_start(t, try) < 0))
			break;
		(void)send(try->fd, &order, sizeof(order), MSG_NOSIGNAL);
	}
}

/* What became of the keyslots so far. */
struct outcome {
	bool wrong;	/* one was tried to its end */
	int err;	/* what else happened first, a negative errno */
	char left[256]; /* as in struct unlock */
};

static void note(struct outcome *outcome, const struct keyslot *slot, const char *why)
{
	str_append(outcome->left, sizeof(outcome->left), "%skeyslot %d %s",
		   outcome->left[0] ? "; " : "", slot->number, why);
}

/* A slot that ended without the key. Returns whether it is to be tried again. */
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
	note(outcome, slot, why);
	if (!outcome->err)
		outcome->err = r;
	return false;
}

/* The answer of a process that is done, or its end. */
static int try_result(struct try *try, struct answer *ret)
{
	struct answer answer = { 0 };
	ssize_t n;

	do
		n = recv(try->fd, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(answer)) {
		int signal = try_reap(try);

		/* Nobody else sends that one. */
		memset(&answer, 0, sizeof(answer));
		answer.r = signal == SIGKILL ? -ENOMEM : -ECHILD;
		snprintf(answer.error, sizeof(answer.error), "its process died of signal %d",
			 signal);
	}
	try->slot = -1;
	*ret = answer;
	return answer.r;
}

/* Waits until one of them is done. */
static struct try *wait_for_one(struct tries *t)
{
	struct pollfd fds[KEYSLOTS_MAX];

	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		fds[i] = (struct pollfd){ .fd = t->tries[i].slot >= 0 ? t->tries[i].fd : -1,
					  .events = POLLIN };
	while (poll(fds, KEYSLOTS_MAX, -1) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (fds[i].revents)
			return &t->tries[i];
	return NULL;
}

/* Gives slot i of the plan to a process. 0 or a negative errno. */
static int slot_start(struct tries *t, struct try **last, const struct keyslot_plan *plan, int i,
		      bool beside, const struct offer *offer)
{
	struct order order = { .what = ORDER_OPEN,
			       .keyslot = plan->slots[i].number,
			       .nice = beside ? 10 : PRIORITY_AHEAD,
			       .offer = *offer };
	struct try *try;

	while ((try = idle_try(t, *last))) {
		if (send(try->fd, &order, sizeof(order), MSG_NOSIGNAL) == sizeof(order)) {
			try->slot = i;
			try->keyslot = order.keyslot;
			return 0;
		}
		/* It died of fetching memory, perhaps; the next one does without. */
		try_reap(try);
	}
	return -EAGAIN;
}

/* Runs the plan; returns who has the key, or NULL. */
static struct try *run(struct tries *t, struct keyslot_plan *plan, const struct budget *budget,
		       const struct offer *offer, void (*meanwhile)(void *arg), void *arg,
		       struct outcome *outcome)
{
	enum try_state states[KEYSLOTS_MAX] = { TRY_WAITING };
	struct try *try = NULL;
	size_t running = 0;

	for (;;) {
		struct answer answer;
		int i;

		while ((i = keyslots_next(plan, budget, states)) >= 0) {
			if (slot_start(t, &try, plan, i, running > 0, offer) == 0) {
				states[i] = TRY_RUNNING;
				running++;
			} else if (running > 0) {
				break;
			} else {
				states[i] = TRY_ENDED;
				(void)slot_failed(outcome, &plan->slots[i], -EAGAIN,
						  "no process can be started", false);
			}
		}
		if (running == 0)
			return NULL;
		if (meanwhile)
			meanwhile(arg);
		meanwhile = NULL;
		try = wait_for_one(t);
		if (!try)
			continue;
		i = try->slot;
		if (try_result(try, &answer) == 0)
			return try;
		states[i] = slot_failed(outcome, &plan->slots[i], answer.r, answer.error,
					running > 1) ?
				    TRY_WAITING :
				    TRY_ENDED;
		running--;
	}
}

void tries_open(struct tries *t, const struct budget *budget, const struct offer *offer,
		void (*meanwhile)(void *arg), void *arg, struct unlock *ret,
		const struct secret **ret_key)
{
	struct unlock result = { .status = UNLOCK_OK, .keyslot = -1 };
	struct outcome outcome = { .err = 0 };
	struct keyslot_plan plan;
	struct try *winner = NULL;

	keyslots_plan(t->h, t->only, budget, &plan);
	keyslots_explain(&plan, budget, outcome.left, sizeof(outcome.left));
	if (plan.n > 0)
		winner = run(t, &plan, budget, offer, meanwhile, arg, &outcome);
	if (winner) {
		for (size_t i = 0; i < KEYSLOTS_MAX; i++)
			if (&t->tries[i] != winner && t->tries[i].pid)
				kill(t->tries[i].pid,
				     SIGKILL); /* not waited for: what it holds is not needed now */
		result.keyslot = winner->keyslot;
		*ret_key = winner->key;
	} else if (plan.n == 0) {
		diagnosis_no_keyslot(luks_node(t->cv), t->only, outcome.left, &result);
	} else if (!outcome.wrong) {
		diagnosis_keyslots_failed(luks_node(t->cv), outcome.err, outcome.left, &result);
	} else {
		result.status = UNLOCK_WRONG;
	}
	str_copy(result.left, sizeof(result.left), outcome.left);
	*ret = result;
}

void tries_settle(struct tries *t)
{
	for (size_t i = 0; i < KEYSLOTS_MAX; i++)
		if (t->tries[i].key)
			secret_wipe(t->tries[i].key);
}
