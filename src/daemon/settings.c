/* SPDX-License-Identifier: MIT */
/* The table of settings and its readers; see settings.h. */
#include "src/daemon/settings.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/sched/policy.h"

#define SECTION	  "xschedd"
#define MEMBER(m) offsetof(struct settings, m), sizeof(((struct settings *)0)->m)

const struct setting settings_table[] = {
	{"policy", SETTING_POLICY, "NAME", NULL, 0, 0, "hpf", "how queues share the GPUs", MEMBER(policy)},
	{"socket", SETTING_PATH, "PATH", NULL, 0, 107, "",
		"where to listen (default: $XDG_RUNTIME_DIR/xsched/xschedd.sock, for root /run/xsched/xschedd.sock)",
		MEMBER(socket)},
	{"metrics-file", SETTING_PATH, "PATH", NULL, 0, PATH_MAX - 8, "",
		"write metrics in Prometheus' text format here (default: none)", MEMBER(metrics_file)},
	{"metrics-interval", SETTING_NUMBER, "SECONDS", NULL, 1, 86400, "15", "how often", MEMBER(metrics_interval_s)},
	{"stall-ms", SETTING_NUMBER, "MS", NULL, 10, 3600000, "2000",
		"replace a policy that leaves a queue unserved for so long that it owes a turn", MEMBER(stall_ms)},
	{"linger-us", SETTING_NUMBER, "US", NULL, 1, 1000000, "200",
		"keep the GPU for so long for a queue that runs dry while it is owed time, under up and pup", MEMBER(linger_us)},
	{"window-us", SETTING_NUMBER, "US", NULL, 1, 10000000, "200",
		"work in flight of queues that may have to be stopped, where no hint says otherwise", MEMBER(window_us)},
	{"gpu-time", SETTING_CHOICE, "WHOSE", "shared|all", 0, 0, "shared",
		"measure it for queues that share a GPU, or for those that have one to themselves too, which costs these a little",
		MEMBER(gpu_time)},
	{"max-clients", SETTING_NUMBER, "N", NULL, 1, 100000, "1024", "connections in all", MEMBER(max_clients)},
	{"user-clients", SETTING_NUMBER, "N", NULL, 1, 100000, "256", "connections of one user other than root",
		MEMBER(user_clients)},
	{"user-queues", SETTING_NUMBER, "N", NULL, 1, 1000000, "4096", "queues of one user other than root",
		MEMBER(user_queues)},
	{"user-priority", SETTING_NUMBER, "N", NULL, -255, 255, "255", "the highest priority that users other than root may give",
		MEMBER(user_priority)},
	{"message-rate", SETTING_NUMBER, "N", NULL, 100, 10000000, "50000",
		"messages per second at which a client is disconnected", MEMBER(message_rate)},
	{"log-level", SETTING_CHOICE, "LEVEL", "error|warning|info|debug", 0, 0, "info", "what is written to standard error",
		MEMBER(log_level)},
};
const unsigned settings_count = sizeof(settings_table) / sizeof(settings_table[0]);

int settings_find(const char *name)
{
	for (unsigned i = 0; i < settings_count; i++)
		if (!strcmp(settings_table[i].name, name))
			return (int)i;
	return -ENOENT;
}

void settings_policy_names(char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; sched_policy_at(i) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", sched_policy_at(i)->name);
}

static bool is_policy(const char *name)
{
	for (unsigned i = 0; sched_policy_at(i); i++)
		if (!strcmp(sched_policy_at(i)->name, name))
			return true;
	return false;
}

static int set_number(const struct setting *row, const char *text, void *member)
{
	char *end;

	/* strtoll takes white space and a plus sign, a setting does not. */
	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -EINVAL;
	errno = 0;
	int64_t value = strtoll(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE || value < row->min || value > row->max)
		return -ERANGE;
	memcpy(member, &value, sizeof(value));
	return 0;
}

static int set_choice(const struct setting *row, const char *text, void *member)
{
	const char *name = row->choices;
	size_t length = strlen(text);

	for (uint64_t i = 0;; i++) {
		size_t n = strcspn(name, "|");

		if (n == length && !strncmp(name, text, n)) {
			memcpy(member, &i, sizeof(i));
			return 0;
		}
		if (!name[n])
			return -EINVAL;
		name += n + 1;
	}
}

static int set_text(const struct setting *row, const char *text, char *member)
{
	if (row->type == SETTING_POLICY && !is_policy(text))
		return -EINVAL;
	if (row->type == SETTING_PATH && *text && *text != '/')
		return -EINVAL;
	if (strlen(text) >= row->size || (row->type == SETTING_PATH && strlen(text) > (size_t)row->max))
		return -ERANGE;
	strcpy(member, text);
	return 0;
}

int settings_set(struct settings *s, unsigned index, const char *text, char *error, size_t size)
{
	const struct setting *row = &settings_table[index];
	void *member = (char *)s + row->offset;
	char names[160];
	int rc;

	switch (row->type) {
	case SETTING_NUMBER:
		rc = set_number(row, text, member);
		if (rc)
			snprintf(error, size, "%s: \"%.60s\" is no whole number from %" PRId64 " to %" PRId64, row->name, text,
				row->min, row->max);
		return rc;
	case SETTING_CHOICE:
		rc = set_choice(row, text, member);
		if (rc)
			snprintf(error, size, "%s: \"%.60s\" is none of %s", row->name, text, row->choices);
		return rc;
	case SETTING_POLICY:
		rc = set_text(row, text, member);
		settings_policy_names(names, sizeof(names));
		if (rc)
			snprintf(error, size, "%s: \"%.60s\" is no policy; there are %s", row->name, text, names);
		return rc;
	case SETTING_PATH:
		rc = set_text(row, text, member);
		if (rc)
			snprintf(error, size, "%s: \"%.60s\" is no absolute path of at most %" PRId64 " bytes", row->name,
				text, row->max);
		return rc;
	}
	return -EINVAL;
}

void settings_default(struct settings *s)
{
	char error[256];

	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < settings_count; i++)
		settings_set(s, i, settings_table[i].fallback, error, sizeof(error));
}

/* A file while it is read. */
struct reading {
	struct settings settings;
	FILE *stream;
	const char *file;
	settings_report_fn report;
	void *ctx;
	unsigned line, faults;
	unsigned given[32]; /* per row: the line that set it */
};
static_assert(sizeof(settings_table) / sizeof(settings_table[0]) <= 32, "struct reading");

static void fault(struct reading *r, unsigned line, const char *text)
{
	r->faults++;
	r->report(r->ctx, r->file, line, text);
}

/* inih takes what does not fit its buffer for another line. */
static char *read_line(char *text, int size, void *ctx)
{
	struct reading *r = ctx;
	char sentence[96], *got = fgets(text, size, r->stream);

	r->line++;
	if (!got || strchr(text, '\n') || feof(r->stream))
		return got;
	snprintf(sentence, sizeof(sentence), "this line is too long; %d bytes are possible", size - 2);
	fault(r, r->line, sentence);
	while (fgets(text, size, r->stream) && !strchr(text, '\n'))
		;
	strcpy(text, "\n");
	return got;
}

/* Return: 1, also for faults: they are counted here. */
static int take(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	char text[320];
	int index = settings_find(name);

	if (strcmp(section, SECTION)) {
		snprintf(text, sizeof(text), "%.60s: it stands in section [%.50s]; settings stand in [" SECTION "]", name, section);
		fault(r, r->line, text);
	} else if (index < 0) {
		snprintf(text, sizeof(text), "%.60s: there is no such setting; see xschedd.conf(5)", name);
		fault(r, r->line, text);
	} else if (r->given[index]) {
		snprintf(text, sizeof(text), "%s: it is set in line %u already", name, r->given[index]);
		fault(r, r->line, text);
	} else {
		r->given[index] = r->line;
		if (settings_set(&r->settings, (unsigned)index, value, text, sizeof(text)))
			fault(r, r->line, text);
	}
	return 1;
}

int settings_read(struct settings *s, FILE *stream, const char *file, settings_report_fn report, void *ctx)
{
	struct reading r = {.settings = *s, .stream = stream, .file = file, .report = report, .ctx = ctx};
	int line = ini_parse_stream(read_line, &r, take, &r);

	if (line > 0)
		fault(&r, (unsigned)line, "this is neither \"name = value\", nor [" SECTION "], nor a comment");
	else if (line < 0)
		fault(&r, 0, "there is not enough memory to read it");
	if (ferror(stream))
		fault(&r, 0, strerror(EIO));
	if (r.faults)
		return -EINVAL;
	*s = r.settings;
	return 0;
}
