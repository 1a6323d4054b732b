/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/verdict.h"

#include "policy/allowed.h"
#include "policy/keyslots.h"
#include "policy/subject.h"

#include <stdio.h>

/* A judge_… returns whether it has reached a verdict. */

/* --- what the image promises --- */

/* Whatever in this text came from the disk is printable already. */
static bool replaced(const struct subject *s, struct verdict *ret, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static bool replaced(const struct subject *s, struct verdict *ret, const char *fmt, ...)
{
	char differs[320];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(differs, sizeof(differs), fmt, ap);
	va_end(ap);
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "%s is refused: volume %s must %s.\n"
		    "The disk may have been replaced: do not type your passphrase. If you "
		    "re-encrypted or formatted it yourself, run `intact pin %s` on the booted "
		    "system or a rescue system.",
		    s->where, s->name, differs, s->word);
	return true;
}

static bool judge_promise(const struct subject *s, const struct volume *v, const struct header *h,
			  struct verdict *ret)
{
	bool named = v->expect == EXPECT_NAMED;

	if (v->expect == EXPECT_NOTHING && !header_authenticates(h)) {
		verdict_set(ret, VERDICT_LEAVE, EXIT_CODE_OK,
			    "%s (volume %s) has no integrity protection; it is left to other "
			    "programs.",
			    s->where, s->name);
		return true;
	}
	if (!header_authenticates(h))
		return replaced(s, ret, "have integrity protection%s%s, but this header has %s",
				named ? " by " : "", named ? v->integrity : "",
				*h->integrity ? "\"none\", which detects no change" : "none");
	if (named && !str_eq(v->integrity, h->integrity))
		return replaced(s, ret, "be protected by %s, but this header names %s",
				v->integrity, s->integrity);
	return false;
}

static bool judge_pins(const struct subject *s, const struct volume *v, const struct header *h,
		       struct verdict *ret)
{
	const struct pins *pins = &v->pins;
	char text[sizeof(h->encryption)];

	if (pins->bad[0]) {
		subject_printable(text, sizeof(text), pins->bad);
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "%s is refused: the boot image requires \"%s\" of volume %s, which "
			    "makes no sense, so no disk can satisfy it.\n"
			    "Correct the option in crypttab from a rescue system and rebuild the "
			    "boot image.",
			    s->where, text, s->name);
		return true;
	}
	subject_printable(text, sizeof(text), h->encryption);
	if (pins->encryption[0] && !str_eq(pins->encryption, h->encryption))
		return replaced(s, ret, "be encrypted with %s, but this header names %s",
				pins->encryption, *text ? text : "no cipher");
	if (pins->sector_size && pins->sector_size != h->sector_size)
		return replaced(s, ret, "have sectors of %u bytes, but this header names %u",
				pins->sector_size, h->sector_size);
	/* Without a keyslot a header has no size of its key; verdict_keyslots() says why. */
	if (pins->key_size && h->keyslots > 0 && pins->key_size != h->key_size)
		return replaced(s, ret, "have a volume key of %u bytes, but this header's has %u",
				pins->key_size, h->key_size);
	if (pins->key_digest[0] && !str_eq(pins->key_digest, h->key_digest))
		return replaced(s, ret,
				"have the volume key %.19s..., but this header is for another "
				"(%.19s...)",
				pins->key_digest, h->key_digest[0] ? h->key_digest : "none");
	return false;
}

/* --- what a header may ask for --- */

static bool judge_requirement(const struct subject *s, const struct header *h, struct verdict *ret)
{
	char requirement[sizeof(h->requirement)];

	if (!*h->requirement)
		return false;
	subject_printable(requirement, sizeof(requirement), h->requirement);
	if (header_reencrypting(h))
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
			    "The re-encryption of %s (volume %s) has not finished (%s).\n"
			    "Complete it from a rescue system with `cryptsetup reencrypt "
			    "--resume-only`, then run `intact pin %s` there: the volume key is a "
			    "new one.",
			    s->where, s->name, requirement, s->word);
	else
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
			    "%s (volume %s) needs a feature that this version of intact lacks: "
			    "%s.\n"
			    "Update intact and rebuild the boot image, or open the disk from a "
			    "rescue system with a current cryptsetup.",
			    s->where, s->name, requirement);
	return true;
}

static bool sector_size_valid(unsigned size)
{
	return size >= 512 && size <= 4096 && (size & (size - 1)) == 0;
}

/* What a header says that no genuine one says, as the end of a sentence; "": nothing. */
static void find_fault(const struct header *h, char *ret, size_t size)
{
	char encryption[sizeof(h->encryption)], integrity[sizeof(h->integrity)];
	char hash[sizeof(h->digest_hash)];

	ret[0] = '\0';
	subject_printable(encryption, sizeof(encryption), h->encryption);
	subject_printable(integrity, sizeof(integrity), h->integrity);
	subject_printable(hash, sizeof(hash), h->digest_hash);
	if (!header_uuid_valid(h->uuid))
		str_append(ret, size, "has no valid UUID");
	else if (h->segments != 1 || !h->crypt || !h->dynamic)
		str_append(ret, size,
			   "describes something else than one encrypted segment up to "
			   "the end of the disk");
	else if (h->digests != 1 || !allowed_digest(h))
		str_append(ret, size, "has no usable %.30s%sdigest of its volume key", hash,
			   *hash ? " " : "");
	else if (!sector_size_valid(h->sector_size))
		str_append(ret, size, "asks for sectors of %u bytes", h->sector_size);
	else if (!h->plain_journal && !h->inline_tags)
		str_append(ret, size, "asks for a journal that is encrypted or has a MAC");
	else if (h->iv_offset != 0)
		str_append(ret, size, "counts the sectors of its data from %llu instead of 0",
			   (unsigned long long)h->iv_offset);
	else if (h->keyslots > 0 &&
		 (!h->tag_size || !allowed_segment(h->encryption, h->integrity, h->key_size,
						   h->integrity_key_size)))
		str_append(ret, size,
			   "asks for %.60s with %.30s and a key of %u bytes, which is not a known "
			   "combination",
			   *encryption ? encryption : "no cipher", integrity, h->key_size);
}

static bool judge_fault(const struct subject *s, const struct header *h, struct verdict *ret)
{
	char fault[200];

	find_fault(h, fault, sizeof(fault));
	if (!fault[0])
		return false;
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "%s is refused: its LUKS2 header %s (volume %s).\n"
		    "Do not type your passphrase: someone may have changed the header. If you "
		    "formatted the disk like this yourself, open it from a rescue system with "
		    "cryptsetup.",
		    s->where, fault, s->name);
	return true;
}

/* The size of the volume key is in the keyslots alone: without one it cannot be judged, even when
 * another program has opened the volume. */
static bool judge_no_keyslot(const struct subject *s, const struct header *h, struct verdict *ret)
{
	if (h->keyslots > 0)
		return false;
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s) has no keyslot left: no passphrase can open it.\n"
		    "The keyslots were removed, or wiped by `cryptsetup erase`; only a "
		    "header backup can restore them (`cryptsetup luksHeaderRestore`).",
		    s->where, s->name);
	return true;
}

bool verdict_header(const struct subject *s, const struct volume *v, const struct header *h,
		    struct verdict *ret)
{
	/* During a re-encryption a header has more than one cipher and volume key: the message
	 * about that is the helpful one. */
	if (v->expect != EXPECT_NOTHING && header_reencrypting(h) && judge_requirement(s, h, ret))
		return true;
	return judge_promise(s, v, h, ret) || judge_pins(s, v, h, ret) ||
	       judge_requirement(s, h, ret) || judge_fault(s, h, ret) ||
	       judge_no_keyslot(s, h, ret);
}

/* --- keyslots --- */

/* Can this keyslot be tried at all, whatever the machine has? */
static bool is_choice(const struct volume *v, const struct keyslot *slot)
{
	return v->keyslot == KEYSLOT_ANY ? slot->priority != KEYSLOT_IGNORE :
					   slot->number == v->keyslot;
}

static void judge_refused(const struct subject *s, const struct volume *v, const struct header *h,
			  struct verdict *ret)
{
	size_t choices = 0, good = 0;
	char list[320];

	if (keyslots_refused(h, list, sizeof(list)) == 0)
		return;
	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++) {
		if (!is_choice(v, &h->keyslot[i]))
			continue;
		choices++;
		good += keyslots_usable(h, &h->keyslot[i]);
	}
	if (good > 0 || choices == 0)
		verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
			    "The LUKS2 header of %s has keyslots that are not used: %s.\n"
			    "Someone may have changed the header: see `cryptsetup luksDump %s`.",
			    s->where, list, s->where);
	else
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "%s is refused: the LUKS2 header of volume %s has no keyslot that can "
			    "be used: %s.\n"
			    "Do not type your passphrase: someone may have changed the header. "
			    "Restore a backup with `cryptsetup luksHeaderRestore`.",
			    s->where, s->name, list);
}

bool verdict_keyslots(const struct subject *s, const struct volume *v, const struct header *h,
		      struct verdict *ret)
{
	judge_refused(s, v, h, ret);
	return ret->action == VERDICT_REFUSE;
}
