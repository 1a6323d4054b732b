/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/several.h"

#include "base/child.h"
#include "check/image.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

/* Each process needs some 40 MiB. */
#define PROCESSES_MAX 4
#define TEXT_MAX (1 << 20)

struct task {
	const struct boots_loader *loader;
	const struct boot_entry *entry;
	size_t group; /* entries of one kernel and its images: they are read once */
	bool done;
	struct checked_list verdicts;
};

struct tasks {
	struct task *list;
	size_t n, n_groups;
	const struct boots *boots;
	struct judging *j;
	void (*look)(const struct looking *l);
};

static bool same_files(const struct boot_entry *a, const struct boot_entry *b)
{
	bool same = a->n_images == b->n_images && str_eq(a->kernel, b->kernel);

	for (size_t i = 0; same && i < a->n_images; i++)
		same = str_eq(a->images[i], b->images[i]);
	return same;
}

static void add_task(struct tasks *tasks, const struct boots_loader *loader,
		     const struct boot_entry *entry)
{
	size_t group = tasks->n_groups;
	struct task *task;

	for (size_t i = tasks->n; i-- > 0 && group == tasks->n_groups;)
		if (same_files(tasks->list[i].entry, entry))
			group = tasks->list[i].group;
	tasks->n_groups += group == tasks->n_groups;
	task = array_add(&tasks->list, &tasks->n, sizeof(*task));
	*task = (struct task){ .loader = loader, .entry = entry, .group = group };
}

static void do_task(const struct tasks *tasks, size_t i, struct checked_list *verdicts)
{
	const struct looking l = { .j = tasks->j,
				   .all = verdicts,
				   .boots = tasks->boots,
				   .loader = tasks->list[i].loader,
				   .entry = tasks->list[i].entry };

	tasks->look(&l);
}

/* --- verdicts through a pipe --------------------------------------------------------------------
 */

static void put_number(FILE *file, uint64_t number)
{
	(void)fwrite(&number, sizeof(number), 1, file);
}

/* text may be NULL. */
static void put_text(FILE *file, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	put_number(file, text ? 1 + len : 0);
	(void)fwrite(text ? text : "", 1, len, file);
}

static void put_verdict(FILE *file, const struct checked *c)
{
	put_text(file, c->title);
	put_text(file, c->image);
	put_text(file, c->version);
	put_text(file, c->maker);
	put_number(file, c->is_default);
	put_text(file, c->loader);
	put_number(file, c->reached);
	put_number(file, c->faults.n);
	for (size_t i = 0; i < c->faults.n; i++) {
		put_number(file, c->faults.list[i].severity);
		put_text(file, c->faults.list[i].kind);
		put_text(file, c->faults.list[i].text);
		put_text(file, c->faults.list[i].remedy);
	}
}

/* 0 when the pipe has ended, which *whole then tells. */
static uint64_t get_number(FILE *file, bool *whole)
{
	uint64_t number = 0;

	if (!*whole || fread(&number, sizeof(number), 1, file) != 1) {
		*whole = false;
		return 0;
	}
	return number;
}

static char *get_text(FILE *file, bool *whole)
{
	uint64_t size = get_number(file, whole);
	char *text;

	if (!size || size > TEXT_MAX) {
		*whole &= !size;
		return NULL;
	}
	text = xcalloc((size_t)size, 1);
	*whole = fread(text, 1, (size_t)size - 1, file) == size - 1;
	return text;
}

/* Kinds of faults and names of boot loaders are static texts: one of each is kept. */
static const char *kept(const char *kind)
{
	static struct {
		char **list;
		size_t n;
	} kinds;

	for (size_t i = 0; i < kinds.n; i++)
		if (str_eq(kinds.list[i], kind))
			return kinds.list[i];
	return *(char **)array_add(&kinds.list, &kinds.n, sizeof(*kinds.list)) = xstrdup(kind);
}

static const char *maker_named(const char *name)
{
	const char *found = image_maker_name(MAKER_UNKNOWN);

	for (enum maker m = MAKER_UNKNOWN; m <= MAKER_MKINITCPIO; m++)
		if (str_eq(image_maker_name(m), name))
			found = image_maker_name(m);
	return found;
}

static void get_fault(FILE *file, struct faults *faults, bool *whole)
{
	uint64_t severity = get_number(file, whole);
	cleanup_free char *kind = get_text(file, whole);
	cleanup_free char *text = get_text(file, whole);
	cleanup_free char *remedy = get_text(file, whole);

	*whole = *whole && kind && text && severity <= SEVERITY_ERROR;
	if (*whole)
		faults_add(faults, (enum severity)severity, kept(kind), remedy, "%s", text);
}

static void get_verdict(FILE *file, struct checked *c, bool *whole)
{
	cleanup_free char *maker = NULL, *loader = NULL;
	uint64_t n;

	c->title = get_text(file, whole);
	c->image = get_text(file, whole);
	c->version = get_text(file, whole);
	maker = get_text(file, whole);
	c->maker = maker_named(maker ? maker : "");
	c->is_default = get_number(file, whole) != 0;
	loader = get_text(file, whole);
	c->loader = loader ? kept(loader) : NULL;
	c->reached = get_number(file, whole) != 0;
	n = get_number(file, whole);
	for (uint64_t i = 0; *whole && i < n; i++)
		get_fault(file, &c->faults, whole);
}

/* --- the processes ------------------------------------------------------------------------------
 */

/* Does the tasks of every n-th group, and ends. */
static _Noreturn void work(const struct tasks *tasks, int fd, size_t first, size_t n, pid_t parent)
{
	FILE *file = child_dies_with(parent) ? fdopen(fd, "w") : NULL;

	for (size_t i = 0; file && i < tasks->n; i++) {
		struct checked_list verdicts = { 0 };

		if (tasks->list[i].group % n != first)
			continue;
		do_task(tasks, i, &verdicts);
		put_number(file, i);
		put_number(file, verdicts.n);
		for (size_t k = 0; k < verdicts.n; k++)
			put_verdict(file, &verdicts.list[k]);
		(void)fflush(file);
	}
	_exit(0);
}

/* What a process found of one task. */
static void receive_task(struct tasks *tasks, FILE *file, bool *whole)
{
	uint64_t i = get_number(file, whole), n = get_number(file, whole);
	struct task *task;

	*whole &= i < tasks->n;
	if (!*whole)
		return;
	task = &tasks->list[i];
	for (uint64_t k = 0; *whole && k < n; k++)
		get_verdict(file,
			    array_add(&task->verdicts.list, &task->verdicts.n,
				      sizeof(*task->verdicts.list)),
			    whole);
	task->done = *whole;
	if (task->done)
		return;
	checked_free(&task->verdicts);
	task->verdicts = (struct checked_list){ 0 };
}

/* What a process found, as far as it got. */
static void receive(struct tasks *tasks, int fd)
{
	FILE *file = fdopen(fd, "r");
	bool whole = file != NULL;

	while (whole)
		receive_task(tasks, file, &whole);
	if (file)
		fclose(file);
	else
		close(fd);
}

static void work_in_processes(struct tasks *tasks, size_t n)
{
	int fds[PROCESSES_MAX];
	pid_t pids[PROCESSES_MAX], parent = getpid();

	for (size_t i = 0; i < n; i++) {
		int ends[2] = { -1, -1 };

		pids[i] = pipe2(ends, O_CLOEXEC) < 0 ? -1 : fork();
		if (pids[i] == 0)
			work(tasks, ends[1], i, n, parent);
		fds[i] = ends[0];
		if (ends[1] >= 0)
			close(ends[1]);
	}
	for (size_t i = 0; i < n; i++) {
		if (fds[i] < 0)
			continue;
		receive(tasks, fds[i]);
		while (pids[i] > 0 && waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
}

/* How many are worth it. */
static size_t processes(const struct tasks *tasks)
{
	cpu_set_t set;
	size_t n = sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;

	if (n > tasks->n_groups)
		n = tasks->n_groups;
	return n > PROCESSES_MAX ? PROCESSES_MAX : n;
}

void several_look(const struct boots *boots, struct judging *j, struct checked_list *all,
		  void (*look)(const struct looking *l))
{
	struct tasks tasks = { .boots = boots, .j = j, .look = look };
	size_t n;

	for (size_t i = 0; i < boots->n; i++)
		for (size_t k = 0; k < boots->list[i].entries.n; k++)
			if (boots->list[i].entries.list[k].kernel)
				add_task(&tasks, &boots->list[i], &boots->list[i].entries.list[k]);
	n = processes(&tasks);
	if (n > 1)
		work_in_processes(&tasks, n);
	for (size_t i = 0; i < tasks.n; i++) {
		struct checked_list *verdicts = &tasks.list[i].verdicts;

		/* What no process did, is done here. */
		if (!tasks.list[i].done)
			do_task(&tasks, i, verdicts);
		for (size_t k = 0; k < verdicts->n; k++)
			*(struct checked *)array_add(&all->list, &all->n,
						     sizeof(*all->list)) = verdicts->list[k];
		free(verdicts->list);
	}
	free(tasks.list);
}
