/* SPDX-License-Identifier: MIT */
/* Reader of fault descriptions; see parse.h. Holds no state. */
#include "sim/fault/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_MAX 256
#define PAGE_BYTES UINT64_C(4096)
#define LONGEST_NS 1e18 /* some 30 years */

enum {
	KEY_AFTER = 1,
	KEY_COUNT = 2,
	KEY_GPU = 4,
	KEY_QUEUE = 8,
	KEY_AFTER_TIME = 16, /* after= may be a time */
};

/* Each form: where, what, whether "what" has a value, and the keys that may follow. ioctl and vm are looked up apart. */
static const struct form {
	const char *where, *what;
	enum fault_kind kind;
	unsigned keys;
	bool duration; /* what=DURATION */
} forms[] = {
	{"event", "drop", FAULT_EVENT_DROP, KEY_AFTER | KEY_COUNT, false},
	{"event", "late", FAULT_EVENT_LATE, KEY_AFTER | KEY_COUNT, true},
	{"event", "twice", FAULT_EVENT_TWICE, KEY_AFTER | KEY_COUNT, false},
	{"packet", "hang", FAULT_PACKET_HANG, KEY_AFTER | KEY_COUNT | KEY_GPU | KEY_QUEUE, false},
	{"doorbell", "drop", FAULT_DOORBELL_DROP, KEY_AFTER | KEY_COUNT | KEY_GPU | KEY_QUEUE, false},
	{"gpu", "reset", FAULT_GPU_RESET, KEY_AFTER | KEY_AFTER_TIME | KEY_COUNT | KEY_GPU, false},
	{"queue", "reset", FAULT_QUEUE_RESET, KEY_AFTER | KEY_COUNT | KEY_GPU | KEY_QUEUE, false},
};
#define FORM_COUNT (sizeof(forms) / sizeof(forms[0]))

struct parser {
	struct fault_spec *spec;
	char *error;
	size_t error_bytes;
	const char *text; /* all of it, for messages */
};

static int fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct parser *p, const char *format, ...)
{
	int n = snprintf(p->error, p->error_bytes, "%s: ", p->text);
	va_list args;

	if (n >= 0 && (size_t)n < p->error_bytes) {
		va_start(args, format);
		vsnprintf(p->error + n, p->error_bytes - (size_t)n, format, args);
		va_end(args);
	}
	return -EINVAL;
}

bool fault_parse_number(const char *text, uint64_t *n_p)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno)
		return false;
	*n_p = n;
	return true;
}

bool fault_parse_duration(const char *text, uint64_t *ns_p)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
	size_t digits = strspn(text, "0123456789.");
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	double n = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && end == text + digits; i++)
		if (!strcmp(end, units[i].unit) && n * units[i].ns <= LONGEST_NS) {
			*ns_p = (uint64_t)(n * units[i].ns);
			return true;
		}
	return false;
}

static bool parse_errno(const char *text, int *error_p)
{
	for (int e = 1; e < 4096; e++) {
		const char *name = strerrorname_np(e);

		if (name && !strcmp(name, text)) {
			*error_p = e;
			return true;
		}
	}
	return false;
}

/* "KEY=VALUE" of those that every form may have. */
static int parse_key(struct parser *p, unsigned allowed, const char *key, const char *value)
{
	struct fault_spec *s = p->spec;
	uint64_t n;

	if (!strcmp(key, "after") && allowed & KEY_AFTER) {
		if (allowed & KEY_AFTER_TIME && fault_parse_duration(value, &s->after_ns) && s->after_ns)
			return 0;
		if (fault_parse_number(value, &s->after))
			return 0;
		return fail(p, "after=%s: must be a number of occasions%s", value,
			allowed & KEY_AFTER_TIME ? ", or a time such as 20ms" : "");
	}
	if (!strcmp(key, "count") && allowed & KEY_COUNT) {
		if (!strcmp(value, "all")) {
			s->count = FAULT_ALWAYS;
			return 0;
		}
		return fault_parse_number(value, &s->count) && s->count ? 0 :
			fail(p, "count=%s: must be a number from 1, or all", value);
	}
	if ((!strcmp(key, "gpu") && allowed & KEY_GPU) || (!strcmp(key, "queue") && allowed & KEY_QUEUE)) {
		if (!fault_parse_number(value, &n) || n >= 1024)
			return fail(p, "%s=%s: must be its number", key, value);
		*(*key == 'g' ? &s->gpu : &s->queue) = (uint32_t)n;
		return 0;
	}
	return fail(p, "%s=: must be %s%s%s%s", key, allowed & KEY_AFTER ? "after=" : "",
		allowed & KEY_COUNT ? ", count=" : "", allowed & KEY_GPU ? ", gpu=" : "",
		allowed & KEY_QUEUE ? ", queue=" : "");
}

static int parse_keys(struct parser *p, unsigned allowed, char **rest)
{
	char *part;

	while ((part = strsep(rest, ":"))) {
		char *value = strchr(part, '=');

		if (!value)
			return fail(p, "\"%s\" must be KEY=VALUE", part);
		*value++ = 0;
		int r = parse_key(p, allowed, part, value);
		if (r)
			return r;
	}
	return 0;
}

static int parse_ioctl(struct parser *p, const char *(*ioctl_name)(uint32_t nr), char **rest)
{
	struct fault_spec *s = p->spec;
	char *name = strsep(rest, ":"), *part;
	bool found = false;

	for (uint32_t nr = 0; name && nr < 256 && !found; nr++) {
		const char *known = ioctl_name(nr);

		found = known && !strcmp(known, name);
		s->ioctl = nr;
	}
	if (!found)
		return fail(p, "must name an ioctl of kfd_ioctl.h, as in ioctl:UPDATE_QUEUE");
	while ((part = strsep(rest, ":"))) {
		char *value = strchr(part, '=');

		if (!value)
			return fail(p, "\"%s\" must be KEY=VALUE", part);
		*value++ = 0;
		int r = 0;
		if (!strcmp(part, "errno")) {
			s->kind = FAULT_IOCTL_ERRNO;
			if (!parse_errno(value, &s->error))
				r = fail(p, "errno=%s: must be the name of an error, such as EIO", value);
		} else if (!strcmp(part, "delay")) {
			if (s->kind == FAULT_NONE)
				s->kind = FAULT_IOCTL_DELAY;
			if (!fault_parse_duration(value, &s->delay_ns))
				r = fail(p, "delay=%s: must be a time with its unit, such as 5ms", value);
		} else {
			r = parse_key(p, KEY_AFTER | KEY_COUNT, part, value);
		}
		if (r)
			return r;
	}
	return s->kind ? 0 : fail(p, "must say errno=NAME, delay=TIME, or both");
}

static int parse_vm(struct parser *p, char **rest)
{
	struct fault_spec *s = p->spec;
	char *address = strsep(rest, ":"), *bytes = address ? strchr(address, '+') : NULL;

	s->kind = FAULT_VM;
	s->bytes = 1;
	if (bytes)
		*bytes++ = 0;
	if (!address || !fault_parse_number(address, &s->va) || (bytes && !fault_parse_number(bytes, &s->bytes)) ||
		!s->bytes || s->va + s->bytes < s->va)
		return fail(p, "must be vm:ADDRESS or vm:ADDRESS+BYTES");
	/* Only whole pages can fault. */
	uint64_t end = (s->va + s->bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	s->va &= ~(PAGE_BYTES - 1);
	s->bytes = end - s->va;
	return parse_keys(p, KEY_GPU, rest);
}

static int parse_form(struct parser *p, const char *where, char **rest)
{
	char *what = strsep(rest, ":"), *value = what ? strchr(what, '=') : NULL;
	char known[128] = "";

	if (value)
		*value++ = 0;
	for (size_t i = 0; i < FORM_COUNT; i++) {
		const struct form *f = &forms[i];

		if (strcmp(where, f->where))
			continue;
		size_t used = strlen(known);
		snprintf(known + used, sizeof(known) - used, "%s%s:%s%s", used ? ", " : "", f->where, f->what,
			f->duration ? "=TIME" : "");
		if (!what || strcmp(what, f->what))
			continue;
		p->spec->kind = f->kind;
		if (f->duration ? !value || !fault_parse_duration(value, &p->spec->delay_ns) : value != NULL)
			return fail(p, "must be %s:%s%s", f->where, f->what, f->duration ? "=TIME, such as 5ms" : "");
		return parse_keys(p, f->keys, rest);
	}
	return *known ? fail(p, "must be %s", known) :
		fail(p, "must begin with ioctl, event, packet, doorbell, gpu, queue or vm");
}

int fault_parse(const char *text, const char *(*ioctl_name)(uint32_t nr), struct fault_spec *spec, char *error,
	size_t error_bytes)
{
	struct parser p = {.spec = spec, .error = error, .error_bytes = error_bytes, .text = text};
	char copy[SPEC_MAX], *rest = copy;

	*spec = (struct fault_spec){.count = 1, .gpu = FAULT_ANY, .queue = FAULT_ANY};
	if (strlen(text) >= sizeof(copy) || strchr(text, ' '))
		return fail(&p, "must have no spaces, and fewer than %d characters", SPEC_MAX);
	strcpy(copy, text);
	char *where = strsep(&rest, ":");
	if (!strcmp(where, "ioctl"))
		return parse_ioctl(&p, ioctl_name, &rest);
	if (!strcmp(where, "vm"))
		return parse_vm(&p, &rest);
	return parse_form(&p, where, &rest);
}
