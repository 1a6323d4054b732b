/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_list.h"

#include "base/escape.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN 50      /* runs of bad sectors on the screen */
#define SHOWN_EACH 20 /* what one of them belongs to */

/* --- for programs ----------------------------------------------------------------------------- */

static void print_text(const char *key, const char *text)
{
	cleanup_free char *quoted = text ? json_string(text) : NULL;

	if (quoted)
		printf(",\"%s\":%s", key, quoted);
}

static void list_json(const char *volume, const struct scrub_state *state,
		      const struct spots *spots)
{
	cleanup_free char *name = json_string(volume);

	for (size_t i = 0; i < state->n_runs; i++)
		printf("{\"event\":\"bad\",\"volume\":%s,\"offset\":%" PRIu64 ",\"length\":%" PRIu64
		       ",\"kind\":\"%s\"}\n",
		       name, state->runs[i].offset, state->runs[i].len,
		       state->runs[i].medium ? "medium" : "integrity");
	for (size_t i = 0; i < spots->n; i++) {
		const struct spot *s = &spots->list[i];
		bool file = s->kind == SPOT_FILE || s->kind == SPOT_UNWRITTEN ||
			    s->kind == SPOT_MIRRORED;

		printf("{\"event\":\"use\",\"volume\":%s,\"offset\":%" PRIu64 ",\"length\":%" PRIu64
		       ",\"kind\":\"%s\"",
		       name, s->volume, s->len, spot_word(s->kind));
		print_text("name", s->kind == SPOT_GOOD ? NULL : s->name);
		if (file)
			printf(",\"at\":%" PRIu64, s->at);
		print_text("package", s->package);
		print_text("remedy", s->remedy);
		puts("}");
	}
}

/* --- for people ------------------------------------------------------------------------------- */

static bool touch(const struct scrub_run *run, const struct spot *s)
{
	return s->volume < run->offset + run->len && run->offset < s->volume + s->len;
}

static void list_spots(struct tell *tell, const struct scrub_run *run, const struct spots *spots)
{
	unsigned shown = 0;

	for (size_t i = 0; i < spots->n && shown <= SHOWN_EACH; i++) {
		cleanup_free char *text = NULL;

		if (!touch(run, &spots->list[i]))
			continue;
		if (shown++ == SHOWN_EACH) {
			tell_line(tell, "    and more");
			return;
		}
		text = spot_text(&spots->list[i]);
		tell_line(tell, "    %s", text);
	}
}

void scrub_list(struct tell *tell, const char *volume, const struct scrub_state *state,
		const struct spots *spots)
{
	if (tell->json) {
		list_json(volume, state, spots);
		return;
	}
	for (size_t i = 0; i < state->n_runs && i < SHOWN; i++) {
		const struct scrub_run *run = &state->runs[i];

		tell_line(tell, "  sector %-14" PRIu64 " %8" PRIu64 " bytes  %s", run->offset / 512,
			  run->len,
			  run->medium ? "the disk cannot read it" :
					"the integrity tag does not match");
		list_spots(tell, run, spots);
	}
	if (state->n_runs > SHOWN || state->more)
		tell_line(tell, "  and more");
}

void scrub_list_hint(struct tell *tell, const char *volume, const struct spots *spots)
{
	cleanup_free char *name = shell_word(volume);
	bool is_free = false;

	for (size_t i = 0; i < spots->n; i++)
		is_free = is_free || spots->list[i].kind == SPOT_FREE;
	if (is_free)
		tell_line(tell, "intact scrub --rewrite-free %s makes free space readable again.",
			  name);
}
