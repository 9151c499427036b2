/* SPDX-License-Identifier: MIT */
/* xschedctl set: gives hints. All are checked before the first is sent. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "src/cli/request.h"

#define HINTS_MAX 32

struct settings {
	struct cli *cli;
	struct cli_target target;
	char **words;
	int count;
	struct {
		enum sched_hint hint;
		int64_t value;
	} hints[HINTS_MAX];
	unsigned hint_count;
};

static unsigned scope_of(const struct cli_target *target)
{
	return target->scope == IPC_SCOPE_MACHINE ? SCHED_SCOPE_MACHINE :
		target->scope == IPC_SCOPE_QUEUE  ? SCHED_SCOPE_QUEUE :
						    SCHED_SCOPE_JOB;
}

static void add_hint(struct argp_state *state, struct settings *s, const char *word)
{
	char error[512];
	enum sched_hint hint;
	int64_t value;

	if (s->hint_count == HINTS_MAX)
		argp_error(state, "%s: at most %d hints at once", word, HINTS_MAX);
	if (parse_hint(word, &hint, &value, error, sizeof(error)))
		argp_error(state, "%s: %s", word, error);
	if (sched_hint_check(hint, scope_of(&s->target), value) == -EPERM)
		argp_error(state, "%s: can only be set for the machine", word);
	s->hints[s->hint_count].hint = hint;
	s->hints[s->hint_count++].value = value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case ARGP_KEY_ARGS:
		s->words = &state->argv[state->next];
		s->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END: {
		int taken = request_target(state, s->count, s->words, &s->target);

		if (taken == s->count)
			argp_error(state, "HINT=VALUE is missing, as in priority=high");
		for (int i = taken; i < s->count; i++)
			add_hint(state, s, s->words[i]);
		return 0;
	}
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of hints in --help comes from their table. */
static char *help(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t bytes = 0;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	FILE *out = open_memstream(&list, &bytes);
	if (!out)
		return (char *)text;
	fputs("TARGET is PID, PID:QUEUE, job NAME, or machine. The value \"unset\" takes a hint back. Hints:\n", out);
	for (int i = 0; i < SCHED_HINTS; i++) {
		const struct sched_hint_info *info = sched_hint_info(i);

		fprintf(out, "  %-18s %" PRId64 " to %" PRId64 "%s%s (%" PRId64 "): %s\n", info->name, info->min, info->max,
			*info->unit ? " " : "", info->unit, info->preset, info->about);
	}
	fclose(out);
	return list;
}

static const struct argp parser = {NULL, parse, "TARGET HINT=VALUE...", "Give hints.\v", cli_common_children, help, NULL};

static int send_hints(struct session *session, const struct settings *s)
{
	struct ipc_hint message;
	struct ipc_target target;
	int status = session_target(session, &s->target, &target);

	for (unsigned i = 0; i < s->hint_count && !status; i++) {
		ipc_message_init(&message, IPC_HINT, 0);
		message.target = target;
		message.hint = s->hints[i].hint;
		message.value = s->hints[i].value;
		status = session_ask(session, &message, -1, NULL, NULL, NULL);
	}
	return status;
}

int cli_set(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli};
	struct session session;
	int status;

	if (argp_parse(&parser, argc, argv, 0, NULL, &s))
		return CLI_USAGE;
	status = session_open(&session, cli);
	if (status)
		return status;
	status = send_hints(&session, &s);
	session_close(&session);
	return status ? status : request_done(cli, &s.target, NULL);
}
