/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_esys.h"

#include "base/child.h"
#include "base/util.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <tss2/tss2_tcti_device.h>

#define FIRST_DEVICE "/dev/tpmrm0"
/* Where neither firmware nor kernel knows of a TPM: its driver may still be about to say so. */
#define UNEXPECTED_MS 500
/* For the end of a child that has answered: it may hold the device for itself. */
#define END_MS 1000

bool tpm_is_expected(void)
{
	return access("/sys/class/tpm/tpm0", F_OK) == 0 ||
	       access("/sys/firmware/acpi/tables/TPM2", F_OK) == 0;
}

static bool wait_for(const char *device, unsigned wait_ms)
{
	cleanup_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	uint64_t until = now_ms() + wait_ms;

	if (watch >= 0)
		(void)inotify_add_watch(watch, "/dev", IN_CREATE | IN_ATTRIB | IN_MOVED_TO);
	for (;;) {
		struct pollfd fd = { .fd = watch, .events = POLLIN };
		uint64_t now = now_ms();
		char events[4096];

		if (access(device, R_OK | W_OK) == 0)
			return true;
		if (now >= until || poll(&fd, 1, (int)(until - now)) < 0)
			return false;
		while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
			;
	}
}

struct message {
	bool more; /* the device is there, or the TPM has answered: the rest comes later */
	struct tpm_answer answer;
	/* What work() writes there has the type that its user wants. */
	_Alignas(max_align_t) unsigned char bytes[TPM_ANSWER_MAX];
};

/* In the child: its end of the socket, and the function of the device's TCTI. */
static int parent = -1;
static TSS2_TCTI_RECEIVE_FCN device_receive;

/* The time for the next answer begins. */
static void tell_parent(void)
{
	const struct message message = { .more = true };

	(void)child_send(parent, &message, sizeof(message));
}

/* Every answer of the TPM comes through here. */
static TSS2_RC receive_answer(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *answer,
			      int32_t timeout)
{
	TSS2_RC rc = device_receive(tcti, size, answer, timeout);

	if (rc == TSS2_RC_SUCCESS)
		tell_parent();
	return rc;
}

static enum tpm_fault open_tpm(struct tpm *tpm)
{
	cleanup_free TSS2_TCTI_CONTEXT *tcti = NULL;
	size_t size;
	TSS2_RC rc = Tss2_Tcti_Device_Init(NULL, &size, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(tpm, rc);
	tcti = xcalloc(1, size);
	rc = Tss2_Tcti_Device_Init(tcti, &size, tpm->device);
	if (rc == TSS2_RC_SUCCESS) {
		device_receive = TSS2_TCTI_RECEIVE(tcti);
		TSS2_TCTI_RECEIVE(tcti) = receive_answer;
		rc = Esys_Initialize(&tpm->esys, tcti, NULL);
	}
	if (rc != TSS2_RC_SUCCESS) {
		tpm->code = rc;
		return TPM_IO;
	}
	tpm->stuck = tpm->holds = false;
	/* It lives as long as this process, or until tpm_afresh(). */
	(void)steal_pointer(&tcti);
	return TPM_OK;
}

enum tpm_fault tpm_afresh(struct tpm *tpm)
{
	TSS2_TCTI_CONTEXT *tcti = NULL;

	if (!tpm->stuck)
		return TPM_OK;
	if (tpm->esys && Esys_GetTcti(tpm->esys, &tcti) == TSS2_RC_SUCCESS) {
		Esys_Finalize(&tpm->esys);
		Tss2_Tcti_Finalize(tcti);
		free(tcti);
	}
	return open_tpm(tpm);
}

/* A request, for the child. */
struct order {
	unsigned wait_ms;
	struct tpm_request request;
};

/* What a child is started with. */
struct talking {
	const struct tpm_talk *talk;
	const char *device;
};

/* Opens the TPM if it is not open yet. */
static enum tpm_fault reach(struct tpm *tpm, unsigned wait_ms)
{
	if (tpm->esys)
		return TPM_OK;
	if (!tpm_is_expected() && wait_ms > UNEXPECTED_MS)
		wait_ms = UNEXPECTED_MS;
	if (!wait_for(tpm->device, wait_ms))
		return TPM_ABSENT;
	tell_parent();
	return open_tpm(tpm);
}

/* In the child: until the parent closes its end of the socket. */
static void serve(void *arg, int fd)
{
	const struct talking *talking = arg;
	const struct tpm_talk *talk = talking->talk;
	struct tpm tpm = { .device = talking->device ? talking->device : FIRST_DEVICE };
	struct order order;

	parent = fd;
	while (child_receive(fd, &order, sizeof(order))) {
		struct message message = { .answer.fault = reach(&tpm, order.wait_ms) };

		if (message.answer.fault == TPM_OK)
			message.answer.fault = talk->work(&tpm, talk->arg, &order.request,
							  message.bytes);
		message.answer.code = message.answer.fault == TPM_OK ? 0 : tpm.code;
		(void)child_send(fd, &message, sizeof(message));
	}
	if (tpm.esys)
		Esys_Finalize(&tpm.esys);
}

/* A message, if one comes by then. */
static enum tpm_fault receive(int fd, uint64_t until, struct message *ret)
{
	struct pollfd fds = { .fd = fd, .events = POLLIN };
	int r;

	do {
		uint64_t now = now_ms();

		r = poll(&fds, 1, now < until ? (int)(until - now) : 0);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return TPM_SILENT;
	return child_receive(fd, ret, sizeof(*ret)) ? TPM_OK : TPM_DIED;
}

/* The answer to what the child was sent. */
static enum tpm_fault await(int fd, const struct tpm_place *place, struct message *ret)
{
	/* The child itself gives up waiting for the device; on a busy machine it may begin late. */
	uint64_t until = now_ms() + place->wait_ms + place->answer_ms;
	const uint64_t end = until + (TPM_ANSWERS - 1) * (uint64_t)place->answer_ms;
	enum tpm_fault fault;

	do {
		fault = receive(fd, until < end ? until : end, ret);
		until = now_ms() + place->answer_ms;
	} while (fault == TPM_OK && ret->more);
	return fault;
}

struct tpm_answer tpm_ask(struct tpm_talk *talk, const struct tpm_place *place,
			  const struct tpm_request *request, void *answer, size_t size)
{
	struct talking talking = { talk, place->device };
	const struct order order = { place->wait_ms, *request };
	enum tpm_fault fault = TPM_DIED;
	struct message message;

	if (size > TPM_ANSWER_MAX ||
	    (talk->child.pid <= 0 && child_start_guarded(&talk->child, -1, serve, &talking) < 0))
		return (struct tpm_answer){ .fault = fault };
	/* The library keeps authorisation values, and what it has unsealed, in memory of its own:
	 * the guard overwrites that also when this process ends in any way. */
	child_gets_secret(&talk->child);
	if (child_send(talk->child.fd, &order, sizeof(order)) == 0)
		fault = await(talk->child.fd, place, &message);
	if (fault != TPM_OK) {
		/* A child that waits for a driver may not end: that is not waited for. */
		tpm_talk_end(talk, 0);
		return (struct tpm_answer){ .fault = fault };
	}
	if (message.answer.fault != TPM_OK)
		tpm_talk_end(talk, END_MS);
	if (size > 0)
		memcpy(answer, message.bytes, size);
	return message.answer;
}

void tpm_talk_end(struct tpm_talk *talk, unsigned wait_ms)
{
	(void)child_reap_within(&talk->child, wait_ms);
}

/* --- one request ------------------------------------------------------------------------------ */

struct run {
	enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer);
	void *arg;
};

static enum tpm_fault once(struct tpm *tpm, void *arg, const struct tpm_request *request,
			   void *answer)
{
	const struct run *run = arg;

	(void)request;
	return run->work(tpm, run->arg, answer);
}

struct tpm_answer tpm_run(const struct tpm_place *place,
			  enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer),
			  void *arg, void *answer, size_t size)
{
	struct run run = { work, arg };
	struct tpm_talk talk = TPM_TALK(once, &run);
	struct tpm_answer result = tpm_ask(&talk, place, &(struct tpm_request){ 0 }, answer, size);

	tpm_talk_end(&talk, END_MS);
	return result;
}
