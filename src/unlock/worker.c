/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/worker.h"

#include "base/util.h"
#include "facts/cipher.h"
#include "policy/diagnosis.h"
#include "system/cryptoapi.h"
#include "system/machine.h"
#include "system/module.h"
#include "system/readback.h"
#include "system/storage.h"
#include "unlock/derive.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct worker {
	pid_t pid;
	int fd;
	enum job job; /* the last one sent */
};

/* --- the child ----------------------------------------------------------------------------------
 */

struct child {
	const struct volume *v;
	int fd;
	struct luks *cv;
	struct header header;
	char algorithm[CIPHER_NAME_MAX]; /* what dm-crypt will ask the crypto API for; "" before
					     JOB_MODULES */
	struct mapping *mapping;	 /* NULL until JOB_PREPARE or JOB_UNLOCK */
	struct tries *tries;
};

static void load_one(struct modules *m, const char *name, struct modules_report *report)
{
	enum module_found found = MODULE_MISSING;
	char failed[64] = "";
	int r = modules_load(m, name, &found, failed, sizeof(failed));

	if (r < 0)
		str_append(report->failed, sizeof(report->failed), "%s%s (%s)",
			   report->failed[0] ? ", " : "", failed, strerror(-r));
	if (found == MODULE_MISSING)
		str_append(report->missing, sizeof(report->missing), "%s%s",
			   report->missing[0] ? " " : "", name);
}

/* Loading what is loaded already costs nothing: JOB_MODULES sees to it that all is there. */
static void load_base(void)
{
	struct modules_report ignored = { 0 };
	struct modules *m;

	/* A kernel with everything built in has no module tree at all. */
	if (modules_open(NULL, &m) < 0)
		return;
	for (size_t i = 0; i < module_base_n; i++)
		load_one(m, module_base[i], &ignored);
	modules_close(m);
}

/* And what is missing for it: of the names that nothing offers (no module, not built in, not
 * registered) the first without which it cannot work. What kernels have moved into themselves is no
 * loss: ghash of gcm, nhpoly1305 of adiantum. */
static void load_crypto(struct child *c, struct modules_report *report)
{
	const struct header *h = &c->header;
	struct modules_report found = { 0 };
	bool offered[CIPHER_NAMES_MAX] = { false };
	struct cipher cipher;
	struct modules *m = NULL;
	const char *missing;

	if (cipher_read(h->encryption, h->integrity, &cipher) < 0)
		return;
	str_copy(c->algorithm, sizeof(c->algorithm), cipher.names[0]);
	if (modules_open(NULL, &m) < 0)
		return;
	/* From the inside out: when a template is instantiated, the best implementation of its
	 * parts is there. */
	for (size_t i = cipher.n; i-- > 0;) {
		char alias[80];
		struct modules_report one = { 0 };

		snprintf(alias, sizeof(alias), "crypto-%s", cipher.names[i]);
		load_one(m, alias, &one);
		if (one.failed[0])
			str_append(found.failed, sizeof(found.failed), "%s%s",
				   found.failed[0] ? ", " : "", one.failed);
		offered[i] = !one.missing[0] || crypto_registered(cipher.names[i]);
	}
	missing = cipher_missing(&cipher, offered);
	if (missing)
		str_append(found.missing, sizeof(found.missing), "%s", missing);
	for (size_t i = 0; i < module_base_n; i++)
		load_one(m, module_base[i], &found);
	modules_close(m);
	*report = found;
}

/* Modules that save time later and that nothing needs: what instantiates algorithms, and the driver
 * of the file system. */
static void load_helpful(const struct volume *v)
{
	struct modules_report ignored = { 0 };
	cleanup_free char *fs = xasprintf("fs-%s", v->fstype);
	struct modules *m;

	if (modules_open(NULL, &m) < 0)
		return;
	load_one(m, module_crypto_user, &ignored);
	if (v->fstype[0])
		load_one(m, fs, &ignored);
	modules_close(m);
}

/* What needs no secret and would be waited for after Enter: a person is being asked now, or a key
 * derivation runs. */
static void prepare(void *child)
{
	struct child *c = child;

	if (c->algorithm[0]) {
		load_helpful(c->v);
		(void)crypto_instantiate(c->algorithm);
		c->algorithm[0] = '\0';
	}
	/* What goes wrong here is said when it is tried again with the key. */
	if (!c->v->untouched)
		(void)luks_make_lower(c->cv, &(struct opening){ c->v->name, c->v->options },
				      &c->header, &c->mapping);
}

/* The processes for the keyslots, started when they are needed. */
static struct tries *tries(struct child *c)
{
	if (!c->tries)
		c->tries = tries_new(c->cv, &c->header, c->v->keyslot, c->fd);
	return c->tries;
}

static void unlock(struct child *c, const struct job_request *request, struct unlock *ret)
{
	const struct volume *v = c->v;
	const struct offer offer = { .source = request->source,
				     .secret = request->secret,
				     .file = v->keyfile,
				     .file_offset = v->keyfile_offset,
				     .file_size = v->keyfile_size };
	const struct secret *key = NULL;
	struct unlock result = { .status = UNLOCK_NO_KEY, .keyslot = -1 };
	struct open_failure failure;

	if (offer.source == SOURCE_KEYFILE && access(offer.file, R_OK) < 0) {
		diagnosis_keyfile(offer.file, errno, ret);
		return;
	}
	tries_open(tries(c), &request->budget, &offer, prepare, c, &result, &key);
	if (result.status == UNLOCK_OK && luks_open(c->cv, &(struct opening){ v->name, v->options },
						    &c->header, &c->mapping, key, &failure) < 0)
		diagnosis_open(luks_node(c->cv), v->name, &c->header, &failure, &result);
	tries_settle(c->tries);
	*ret = result;
}

static void verify(const char *name, struct opened *ret)
{
	char node[MAPPING_NODE_MAX];

	mapping_read(name, ret, node);
	if (node[0])
		readback(node, ret);
	mapping_settle();
	ret->udev_silent = mapping_udev_silent();
}

static void serve(struct child *c, const struct job_request *request, struct job_result *result)
{
	result->job = request->job;
	switch (request->job) {
	case JOB_HEADER:
		c->tries = tries_free(c->tries);
		c->mapping = mapping_free(c->mapping);
		c->cv = luks_free(c->cv);
		luks_read_header(request->node, c->v->header, c->v->name, &c->header, &c->cv);
		result->header = c->header;
		break;
	case JOB_MODULES:
		load_crypto(c, &result->modules);
		break;
	case JOB_PREPARE:
		tries_prepare(tries(c), &request->budget);
		break;
	case JOB_RELEASE:
		c->tries = tries_free(c->tries);
		break;
	case JOB_UNLOCK:
		unlock(c, request, &result->unlock);
		break;
	case JOB_VERIFY:
		verify(c->v->name, &result->opened);
		break;
	}
}

static void child_main(const struct volume *v, int fd)
{
	struct child c = { .v = v, .fd = fd };
	struct job_request request;

	/* The parent alone decides when to stop; when it dies, so does this, and then its own
	 * children. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	machine_oom_score(500);
	for (;;) {
		struct job_result result = { 0 };
		ssize_t n = recv(fd, &request, sizeof(request), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(request))
			_exit(0);
		serve(&c, &request, &result);
		/* What was tried is over, and its memory somebody else's: before others hear of it,
		 * unless one opened: then they have what this one needed soon enough. */
		if (request.job == JOB_UNLOCK && result.unlock.status != UNLOCK_OK)
			c.tries = tries_free(c.tries);
		if (send(fd, &result, sizeof(result), MSG_NOSIGNAL) != sizeof(result))
			_exit(1);
		if (request.job == JOB_PREPARE)
			prepare(&c);
		if (request.job == JOB_UNLOCK)
			c.tries = tries_free(c.tries);
	}
}

/* --- the parent ---------------------------------------------------------------------------------
 */

/* A child holds nothing of the parent's but standard streams and its own socket: no prompt, no
 * agent's socket, no other worker. */
static void child_files(int *keep)
{
	if (*keep != 3 && dup3(*keep, 3, O_CLOEXEC) >= 0)
		*keep = 3;
	(void)syscall(SYS_close_range, *keep + 1, ~0U, 0);
}

/* Signals are the parent's business (they arrive in its signalfd). Those that are sent to a whole
 * foreground group (Ctrl-C, the end of a terminal) or to all of a unit are not for a child: the
 * parent says what happened, and its end is the child's. */
static void child_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

static void in_background(void (*work)(void), int priority)
{
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child_signals();
		machine_oom_score(500);
		(void)setpriority(PRIO_PROCESS, 0, priority);
		work();
		_exit(0);
	}
}

void worker_preload(void)
{
	in_background(storage_load_drivers, PRIORITY_AHEAD);
	/* Needed only after the passphrase. */
	in_background(load_base, 0);
}

int worker_start(const struct volume *v, struct worker **ret)
{
	int fds[2];
	pid_t pid;
	struct worker *w;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = errno;

		close(fds[0]);
		close(fds[1]);
		return -err;
	}
	if (pid == 0) {
		child_files(&fds[1]);
		child_signals();
		child_main(v, fds[1]);
	}
	close(fds[1]);
	w = xcalloc(1, sizeof(*w));
	w->pid = pid;
	w->fd = fds[0];
	*ret = w;
	return 0;
}

struct worker *worker_kill(struct worker *w)
{
	if (w) {
		kill(w->pid, SIGKILL);
		while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(w->fd);
		free(w);
	}
	return NULL;
}

int worker_send(struct worker *w, const struct job_request *request)
{
	bool waited_for = request->job != JOB_MODULES && request->job != JOB_PREPARE;

	w->job = request->job;
	/* At once, whatever it is still doing. While somebody types, what shows the prompt (an
	 * agent) must get its share. */
	(void)setpriority(PRIO_PROCESS, (id_t)w->pid, waited_for ? PRIORITY_AHEAD : 0);
	return send(w->fd, request, sizeof(*request), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int worker_fd(const struct worker *w)
{
	return w->fd;
}

void worker_receive(struct worker *w, struct job_result *ret)
{
	struct job_result result = { 0 };
	ssize_t n;

	do
		n = recv(w->fd, &result, sizeof(result), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(result)) {
		siginfo_t end = { .si_code = 0 };

		memset(&result, 0, sizeof(result));
		result.died = true;
		result.job = w->job;
		/* It stays for worker_kill to reap. Nothing but its end closes its socket, so this
		 * does not wait. */
		if (waitid(P_PID, (id_t)w->pid, &end, WEXITED | WNOWAIT) == 0 &&
		    end.si_code != CLD_EXITED)
			result.signal = end.si_status;
	}
	*ret = result;
}
