/* SPDX-License-Identifier: MIT */
/*
 * xschedctl trace: start and stop traces of processes, and join them. The files are opened here, with the user's rights; the
 * processes write into the descriptors that the daemon passes on to them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/request.h"
#include "src/cli/trace_merge.h"

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0, "where the trace goes; start: %p in it becomes the process's number", 0},
	{0},
};

enum action { ACTION_START, ACTION_STOP, ACTION_MERGE };

struct settings {
	struct cli *cli;
	enum action action;
	struct cli_target target;
	const char *output;
	char **words;
	int count;
};

static void check(struct argp_state *state, struct settings *s)
{
	static const char *const actions[] = {"start", "stop", "merge"};
	const char *action = s->count ? s->words[0] : "";
	int taken;

	for (s->action = ACTION_START; s->action <= ACTION_MERGE && strcmp(actions[s->action], action);)
		s->action++;
	if (s->action > ACTION_MERGE)
		argp_error(state, "%s%smust be followed by start, stop or merge", action, *action ? ": trace " : "");
	s->words++;
	s->count--;
	if (s->action != ACTION_STOP && (!s->output || !*s->output))
		argp_error(state, "%s: -o FILE is missing", action);
	if (s->action == ACTION_STOP && s->output)
		argp_error(state, "stop: -o %s: the file was given at the start", s->output);
	if (s->action == ACTION_MERGE) {
		if (!s->count)
			argp_error(state, "merge: no files to join");
		return;
	}
	taken = request_target(state, s->count, s->words, &s->target);
	if (taken < s->count)
		argp_error(state, "%s: nothing is expected behind TARGET", s->words[taken]);
	if (s->target.scope != IPC_SCOPE_CLIENT && s->target.scope != IPC_SCOPE_JOB)
		argp_error(state, "TARGET %s: must be PID or job NAME: a trace is of whole processes", s->words[0]);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case 'o':
		s->output = arg;
		return 0;
	case ARGP_KEY_ARGS:
		s->words = &state->argv[state->next];
		s->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		check(state, s);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {options, parse, "start TARGET -o FILE\nstop TARGET\nmerge FILE... -o FILE",
	"Record what the queues of processes do, in a form that https://ui.perfetto.dev opens, and join such records."
	"\vTARGET is PID or job NAME. merge reads records of one machine.",
	cli_common_children, NULL, NULL};

/* Replace %p in @pattern. Return: 0, -ENAMETOOLONG. */
static int file_name(const char *pattern, int32_t pid, char path[PATH_MAX])
{
	const char *mark = strstr(pattern, "%p");
	int n = mark ? snprintf(path, PATH_MAX, "%.*s%d%s", (int)(mark - pattern), pattern, (int)pid, mark + 2) :
		       snprintf(path, PATH_MAX, "%s", pattern);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* How a request to one process ended, be it for want of a file. */
struct outcome {
	int error; /* positive errno */
	char text[PATH_MAX + IPC_TEXT_SIZE];
};

static int ask(struct session *session, const struct ipc_client_entry *client, int fd, struct outcome *outcome)
{
	struct ipc_result result = {.error = EIO, .text = "the daemon did not answer"};
	struct ipc_trace message;

	ipc_message_init(&message, IPC_TRACE, 0);
	message.target.scope = IPC_SCOPE_CLIENT;
	message.target.client = client->client;
	message.on = fd >= 0;
	int status = session_ask(session, &message, fd, NULL, NULL, &result);
	outcome->error = result.error;
	snprintf(outcome->text, sizeof(outcome->text), "%s", result.text);
	/* It was done, and there is something to know. */
	if (!status && *outcome->text)
		cli_error("%s", outcome->text);
	return status;
}

/* No file for the trace. */
static int file_failed(struct outcome *outcome, const char *path, int error)
{
	outcome->error = error;
	snprintf(outcome->text, sizeof(outcome->text), "%s: %s", path, strerror(error));
	cli_error("trace: %s", outcome->text);
	return CLI_FAILED;
}

/*
 * A file that was made for a trace which then could not be started goes away again, but not where the process did not answer: it may have it, and
 * begin later.
 */
static int start_one(struct session *session, const struct settings *s, const struct ipc_client_entry *client, struct outcome *outcome)
{
	char path[PATH_MAX];
	bool made = true;
	int r = file_name(s->output, client->pid, path);

	if (r)
		return file_failed(outcome, s->output, -r);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST) {
		made = false;
		/* A trace may be being written into it: who begins one empties it. */
		fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return file_failed(outcome, path, errno);
	int status = ask(session, client, fd, outcome);
	close(fd);
	if (status && made && status != CLI_NO_DAEMON && outcome->error != ETIMEDOUT)
		unlink(path);
	return status;
}

/* The processes of a target. Return: CLI_OK, and how many of @snapshot's clients are put into @found; or with a message another status. */
static int find_processes(const struct snapshot *snapshot, const struct cli_target *target, const struct ipc_client_entry **found,
	size_t *count_p)
{
	struct ipc_target process;
	char name[128];
	size_t count = 0;

	if (target->scope == IPC_SCOPE_CLIENT) {
		int status = session_find(snapshot, target, &process);

		if (status)
			return status;
		found[count++] = snapshot_client(snapshot, process.client);
	}
	for (size_t i = 0; i < snapshot->client_count && target->scope == IPC_SCOPE_JOB; i++) {
		if (strcmp(snapshot->clients[i].job, target->job))
			continue;
		if (count && found[0]->uid != snapshot->clients[i].uid) {
			cli_error("users %u and %u have a job \"%s\" each: name a process", found[0]->uid, snapshot->clients[i].uid,
				target->job);
			return CLI_NO_TARGET;
		}
		found[count++] = &snapshot->clients[i];
	}
	if (!count) {
		cli_target_text(target, name, sizeof(name));
		cli_error("%s: no such job is scheduled; \"xschedctl list\" shows those that are", name);
		return CLI_NO_TARGET;
	}
	*count_p = count;
	return CLI_OK;
}

/* What --json says of each process that was asked. */
static int report(const struct settings *s, json_t *processes)
{
	char name[128];

	if (!s->cli->json || !json_array_size(processes)) {
		json_decref(processes);
		return CLI_OK;
	}
	cli_target_text(&s->target, name, sizeof(name));
	return cli_json_print(s->cli, json_pack("{s:o, s:s, s:o}", "target", cli_json_text(name), "text", "", "processes", processes));
}

/*
 * All are asked that can be reached, whatever the others answer; but a start ends where a file cannot be had.
 * Return: the first error.
 */
static int start_or_stop_each(struct session *session, const struct settings *s, const struct ipc_client_entry **found, size_t count)
{
	bool start = s->action == ACTION_START;
	json_t *processes = json_array();
	int first = CLI_OK;

	for (size_t i = 0; i < count; i++) {
		struct outcome o = {0};
		int status = start ? start_one(session, s, found[i], &o) : ask(session, found[i], -1, &o);

		json_array_append_new(processes, json_pack("{s:i, s:I, s:i, s:o}", "pid", (int)found[i]->pid, "client",
			(json_int_t)found[i]->client, "error", o.error, "text", cli_json_text(o.text)));
		if (!first)
			first = status;
		if (status == CLI_NO_DAEMON || status == CLI_FAILED)
			break;
	}
	int printed = report(s, processes);
	return first ? first : printed;
}

static int start_or_stop(struct session *session, const struct settings *s, const struct snapshot *snapshot)
{
	const struct ipc_client_entry **found = calloc(snapshot->client_count + 1, sizeof(*found));
	size_t count = 0;

	if (!found) {
		cli_error("trace: %s", strerror(ENOMEM));
		return CLI_FAILED;
	}
	int status = find_processes(snapshot, &s->target, found, &count);
	if (count > 1 && s->action == ACTION_START && !strstr(s->output, "%p")) {
		cli_error("trace: -o %s: the job has %zu processes, so the name must have %%p in it", s->output, count);
		status = CLI_USAGE;
	}
	if (!status)
		status = start_or_stop_each(session, s, found, count);
	free(found);
	return status;
}

static int talk(const struct settings *s)
{
	struct snapshot snapshot;
	struct session session;
	int status = session_open(&session, s->cli);

	if (status)
		return status;
	status = session_list(&session, &snapshot);
	if (!status)
		status = start_or_stop(&session, s, &snapshot);
	snapshot_fini(&snapshot);
	session_close(&session);
	return status;
}

static int merge_one(struct trace_output *o, struct trace_input *input)
{
	FILE *in = fopen(input->name, "re");
	char error[256];

	if (!in) {
		cli_error("trace: %s: %s", input->name, strerror(errno));
		return CLI_FAILED;
	}
	int r = trace_merge_file(o, in, input, error, sizeof(error));
	fclose(in);
	/* What is wrong with the output is said at the end. */
	if (r && !o->error)
		cli_error("trace: %s: %s", input->name, error);
	else if (!r && input->cut)
		cli_error("trace: %s: it is not complete; %llu events were taken", input->name, (unsigned long long)input->events);
	return r ? CLI_FAILED : CLI_OK;
}

static int merge_report(const struct settings *s, const struct trace_output *o)
{
	json_t *files = json_array();

	if (!s->cli->json) {
		json_decref(files);
		return CLI_OK;
	}
	for (size_t i = 0; i < o->input_count; i++)
		json_array_append_new(files, json_pack("{s:o, s:I, s:b, s:i}", "file", cli_json_text(o->inputs[i]->name), "events",
			(json_int_t)o->inputs[i]->events, "complete", !o->inputs[i]->cut, "processes",
			(int)o->inputs[i]->pid_count));
	return cli_json_print(s->cli, json_pack("{s:o, s:I, s:o}", "output", cli_json_text(s->output), "events",
		(json_int_t)o->events, "files", files));
}

/*
 * Where a joint trace goes: into a file beside the output first, so that an input may have its name, and a failure leaves
 * nothing behind. A device or a pipe is not to be replaced: it is written to.
 */
struct merge_output {
	FILE *out;
	char path[PATH_MAX];	  /* what is replaced */
	char temporary[PATH_MAX]; /* "": nothing is */
};

static int open_beside(struct merge_output *m)
{
	mode_t mask = umask(0);

	umask(mask);
	if (snprintf(m->temporary, sizeof(m->temporary), "%s.XXXXXX", m->path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = mkostemp(m->temporary, O_CLOEXEC);
	if (fd >= 0)
		fchmod(fd, 0666 & ~mask);
	return fd;
}

/* Return: 0, -errno. */
static int merge_open(struct merge_output *m, const char *output)
{
	struct stat st;
	bool named = true;

	*m->temporary = 0;
	if (stat(output, &st))
		snprintf(m->path, sizeof(m->path), "%s", output);
	else
		/* Of links, as /dev/stdout, it is the file that is replaced, if it has not been deleted. */
		named = S_ISREG(st.st_mode) && realpath(output, m->path);
	int fd = named ? open_beside(m) : open(output, O_WRONLY | O_TRUNC | O_CLOEXEC);
	m->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (m->out)
		return 0;
	int error = -errno;
	if (fd >= 0) {
		close(fd);
		unlink(m->temporary);
	}
	return error;
}

/* @whole: it takes the output's place. Return: 0, -errno. */
static int merge_close(const struct merge_output *m, bool whole)
{
	int error = fclose(m->out) ? -errno : 0;

	if (!*m->temporary)
		return error;
	if (whole && !error && rename(m->temporary, m->path))
		error = -errno;
	if (!whole || error)
		unlink(m->temporary);
	return error;
}

static int merge_into(const struct settings *s, const struct merge_output *m, struct trace_input *inputs, struct trace_input **order)
{
	struct trace_output o;
	int status = CLI_OK;

	trace_merge_begin(&o, m->out, order);
	for (int i = 0; i < s->count && !status; i++) {
		inputs[i].name = s->words[i];
		status = merge_one(&o, &inputs[i]);
	}
	int error = status ? o.error : trace_merge_end(&o);
	int closed = merge_close(m, !status && !error);
	if (!status && !error)
		error = closed;
	if (error) {
		cli_error("trace: %s: %s", s->output, strerror(-error));
		status = CLI_FAILED;
	}
	return status ? status : merge_report(s, &o);
}

static int merge(const struct settings *s)
{
	struct trace_input *inputs = calloc((size_t)s->count, sizeof(*inputs));
	struct trace_input **order = calloc((size_t)s->count, sizeof(*order));
	int status = CLI_FAILED;
	struct merge_output m;
	int error = inputs && order ? merge_open(&m, s->output) : -ENOMEM;

	if (error)
		cli_error("trace: %s: %s", s->output, strerror(-error));
	else
		status = merge_into(s, &m, inputs, order);
	free(inputs);
	free(order);
	return status;
}

int cli_trace(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli};

	if (argp_parse(&parser, argc, argv, 0, NULL, &s))
		return CLI_USAGE;
	return s.action == ACTION_MERGE ? merge(&s) : talk(&s);
}
