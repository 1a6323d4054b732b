/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real children; libblkid's place is taken by devices that answer, fail, crash or stay silent.
 */
#include "base/child.h"
#include "base/util.h"
#include "system/device.h"
#include "test.h"
#include "unlock/probe.h"

#include <fcntl.h>
#include <stdio.h>

static char gate[] = "/tmp/intact-probe.XXXXXX"; /* silent devices answer when it is gone */

static void hold(const char *node)
{
	if (str_after(node, "/dev/silent"))
		while (access(gate, F_OK) == 0)
			poll(NULL, 0, 10);
}

int device_probe(const char *node, struct device *ret)
{
	hold(node);
	if (str_eq(node, "/dev/crash"))
		_exit(1);
	if (str_eq(node, "/dev/none"))
		return -ENXIO;
	*ret = (struct device){ .devno = 1 };
	str_copy(ret->node, sizeof(ret->node), node);
	ret->again = str_eq(node, "/dev/undecided") && access(gate, F_OK) == 0;
	return 0;
}

void device_answers(const char *node)
{
	hold(node);
}

dev_t device_resolve(const char *path)
{
	return str_eq(path, "/dev/null") ? 1 : 0;
}

int device_list(void (*seen)(void *arg, const char *node), void *arg)
{
	seen(arg, "/dev/silent");
	seen(arg, "/dev/none");
	seen(arg, "/dev/a");
	return 0;
}

/* --- what happened ---------------------------------------------------------------------------- */

static char happened[4096];

static void found(void *arg, const struct device *dev)
{
	(void)arg;
	str_append(happened, sizeof(happened), "%s ", dev->node);
}

static void silent(void *arg, const char *node)
{
	(void)arg;
	str_append(happened, sizeof(happened), "silent:%s ", node);
}

static void listed(void *arg, const struct device *dev)
{
	(void)arg;
	str_append(happened, sizeof(happened), "%s%s ", dev->silent ? "silent:" : "", dev->node);
}

static struct prober *begin(void)
{
	int fd;

	str_copy(gate + strlen(gate) - 6, 7, "XXXXXX");
	fd = mkstemp(gate);
	if (fd >= 0)
		close(fd);
	happened[0] = '\0';
	return prober_new(&(struct prober_events){ found, silent, NULL });
}

static void end(struct prober *p)
{
	unlink(gate);
	prober_free(p);
}

/* What happens until this text has, or for so long. */
static const char *until(struct prober *p, const char *text, unsigned ms)
{
	uint64_t deadline = now_ms() + ms;

	while (now_ms() < deadline && !(text && strstr(happened, text))) {
		struct pollfd fds[PROBES_MAX];
		uint64_t next = prober_deadline(p), now = now_ms();

		prober_poll(p, fds);
		next = next < deadline ? next : deadline;
		if (poll(fds, PROBES_MAX, next > now ? (int)(next - now) : 0) >= 0)
			prober_step(p, fds);
	}
	return happened;
}

static const char *list(struct prober *p)
{
	happened[0] = '\0';
	prober_list(p, listed, NULL);
	return happened;
}

/* --- tests ------------------------------------------------------------------------------------ */

TEST(a_silent_device_delays_none)
{
	struct prober *p = begin();
	uint64_t before = now_ms();

	prober_look_all(p);
	CHECK_STR(until(p, "/dev/a", 10000), "/dev/a ");
	/* Too early to say more, unless the machine is very busy. */
	list(p);
	CHECK_STR(now_ms() < before + 1000 ? happened : "/dev/a ", "/dev/a ");
	happened[0] = '\0';
	CHECK_STR(until(p, "silent", 10000), "silent:/dev/silent ");
	CHECK(now_ms() >= before + PROBE_PATIENCE_MS);
	CHECK(prober_deadline(p) == UINT64_MAX);
	CHECK_STR(list(p), "silent:/dev/silent /dev/a ");
	/* Its answer counts when it comes. */
	happened[0] = '\0';
	unlink(gate);
	CHECK_STR(until(p, "/dev/silent", 10000), "/dev/silent ");
	CHECK_STR(list(p), "/dev/silent /dev/a ");
	end(p);
}

TEST(what_is_not_a_disk)
{
	struct prober *p = begin();

	prober_look(p, "/dev/crash");
	prober_look(p, "/dev/none");
	CHECK_STR(until(p, NULL, 500), "");
	CHECK_STR(list(p), "");
	prober_look_link(p, &(struct devref){ DEVREF_PATH, "/dev/nowhere" });
	prober_look_link(p, &(struct devref){ DEVREF_PATH, "/proc/self/cwd" });
	CHECK_STR(until(p, NULL, 300), "");
	prober_look_link(p, &(struct devref){ DEVREF_PATH, "/dev/null" });
	prober_look_link(p, &(struct devref){ DEVREF_UUID, "/dev/loop0" });
	CHECK_STR(until(p, "null", 10000), "/dev/null ");
	end(p);
}

/* Events while a child reads start no second child; one more reading follows. */
TEST(changed_while_it_is_read)
{
	struct prober *p = begin();
	struct pollfd fds[PROBES_MAX];

	prober_look(p, "/dev/silent");
	prober_look(p, "/dev/silent");
	prober_look(p, "/dev/silent");
	prober_poll(p, fds);
	CHECK(fds[0].fd >= 0 && fds[1].fd == -1);
	unlink(gate);
	CHECK_STR(until(p, "silent /dev/silent", 10000), "/dev/silent /dev/silent ");
	CHECK_STR(until(p, NULL, 300), "/dev/silent /dev/silent ");
	end(p);
}

TEST(gone)
{
	struct prober *p = begin();

	prober_look(p, "/dev/silent");
	prober_look(p, "/dev/a");
	until(p, "/dev/a", 10000);
	prober_gone(p, "/dev/silent");
	prober_gone(p, "/dev/a");
	unlink(gate);
	CHECK_STR(list(p), "");
	CHECK_STR(until(p, NULL, 300), "");
	/* Another one with its name. */
	prober_look(p, "/dev/a");
	CHECK_STR(until(p, "/dev/a", 10000), "/dev/a ");
	end(p);
}

TEST(more_silent_devices_than_places)
{
	struct prober *p = begin();
	char node[32];

	for (int i = 0; i < PROBES_MAX; i++) {
		snprintf(node, sizeof(node), "/dev/silent%d", i);
		prober_look(p, node);
	}
	prober_look(p, "/dev/a");
	CHECK_STR(until(p, NULL, 100), "");
	until(p, "/dev/a", 20000);
	CHECK_HAS(happened, "/dev/a");
	until(p, "silent:/dev/silent63 ", 20000);
	CHECK_HAS(list(p), "silent:/dev/silent0 silent:/dev/silent1 ");
	CHECK_HAS(happened, "silent:/dev/silent63 /dev/a ");
	end(p);
}

TEST(a_device_in_use)
{
	struct prober *p = begin();
	uint64_t before = now_ms();

	CHECK(!prober_is_silent(p, "/dev/silent"));
	until(p, NULL, PROBE_PATIENCE_MS + 200);
	CHECK(prober_is_silent(p, "/dev/silent"));
	/* Neither found nor listed by that. */
	CHECK_STR(list(p), "");
	unlink(gate);
	while (prober_is_silent(p, "/dev/silent") && now_ms() < before + 20000)
		until(p, NULL, 50);
	CHECK(!prober_is_silent(p, "/dev/silent"));
	CHECK_STR(happened, "");
	end(p);
}

/* Nothing announces what becomes of it: it is read each second, until that is known. */
TEST(an_undecided_device)
{
	struct prober *p = begin();
	uint64_t before = now_ms();

	prober_look(p, "/dev/undecided");
	CHECK_STR(until(p, "undecided", 10000), "/dev/undecided ");
	CHECK(prober_deadline(p) != UINT64_MAX);
	until(p, "undecided /dev/undecided ", 10000);
	CHECK_HAS(happened, "/dev/undecided /dev/undecided ");
	CHECK(now_ms() >= before + 1000);
	unlink(gate);
	happened[0] = '\0';
	until(p, "undecided", 10000);
	/* One reading may have begun before. */
	until(p, NULL, 2500);
	CHECK(prober_deadline(p) == UINT64_MAX);
	CHECK(strlen(happened) <= 2 * strlen("/dev/undecided "));
	end(p);
}

TEST_MAIN(a_silent_device_delays_none, what_is_not_a_disk, changed_while_it_is_read, gone,
	  more_silent_devices_than_places, a_device_in_use, an_undecided_device)
