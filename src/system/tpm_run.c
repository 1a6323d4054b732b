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
	unsigned char bytes[TPM_ANSWER_MAX];
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
	tpm->stuck = false;
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

struct run {
	const struct tpm_place *place;
	enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer);
	void *arg;
	size_t size;
};

static void run_in_child(void *arg, int fd)
{
	const struct run *run = arg;
	struct tpm tpm = { .device = run->place->device ? run->place->device : FIRST_DEVICE };
	struct message message = { .answer.fault = TPM_ABSENT };
	unsigned wait_ms = run->place->wait_ms;

	parent = fd;
	if (!tpm_is_expected() && wait_ms > UNEXPECTED_MS)
		wait_ms = UNEXPECTED_MS;
	if (wait_for(tpm.device, wait_ms)) {
		tell_parent();
		message.answer.fault = open_tpm(&tpm);
		if (message.answer.fault == TPM_OK)
			message.answer.fault = run->work(&tpm, run->arg, message.bytes);
	}
	message.answer.code = message.answer.fault == TPM_OK ? 0 : tpm.code;
	(void)child_send(fd, &message, sizeof(message));
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

struct tpm_answer tpm_run(const struct tpm_place *place,
			  enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer),
			  void *arg, void *answer, size_t size)
{
	struct run run = { .place = place, .work = work, .arg = arg, .size = size };
	struct child child = CHILD_NONE;
	struct message message;
	enum tpm_fault fault;
	uint64_t until, end;

	if (size > TPM_ANSWER_MAX ||
	    child_start(&child, CHILD_KEEPS_SECRETS, run_in_child, &run) < 0)
		return (struct tpm_answer){ .fault = TPM_DIED };
	/* The child itself gives up waiting for the device; on a busy machine it may begin late. */
	until = now_ms() + place->wait_ms + place->answer_ms;
	end = until + (TPM_ANSWERS - 1) * (uint64_t)place->answer_ms;
	do {
		fault = receive(child.fd, until < end ? until : end, &message);
		until = now_ms() + place->answer_ms;
	} while (fault == TPM_OK && message.more);
	/* A child that waits for a driver may not end: that is not waited for. */
	(void)child_reap_within(&child, fault == TPM_OK ? 1000 : 0);
	if (fault != TPM_OK)
		return (struct tpm_answer){ .fault = fault };
	if (size > 0)
		memcpy(answer, message.bytes, size);
	return message.answer;
}
