/* SPDX-License-Identifier: MIT */
/*
 * What a packet costs the thread that submits it: a native queue, ours in bypass, ours with the gate engaged and open, and
 * ROCr's own intercept queue with a handler that passes packets on. Each round starts one process per kind of queue, so that
 * all four see the same machine; the figures are medians over rounds.
 *
 * A barrier packet that waits for the program stands at the head of the queue meanwhile: the packet processor consumes
 * nothing, and only the submitting side is measured.
 */
#include <argp.h>
#include <dlfcn.h>
#include <errno.h>
#include <hsa/hsa.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/int/tool/hsa_util.h"
#include "tests/int/tool/table_peek.h"

#define RING_PKTS 16384u
#define BATCHES   15

enum kind { NATIVE, BYPASS, GATE, INTERCEPT, KINDS };
static const char *const kind_names[KINDS] = {"native", "bypass", "gate", "intercept"};

struct options {
	bool json;
	unsigned rounds;
	unsigned packets;
	const char *child; /* kind of queue to measure, in a child */
	const char *tool, *peek;
	const char *callgrind; /* how to start a program under callgrind, NULL: leave instructions out */
};

/* ---- the measuring child ---- */

/*
 * valgrind before 3.21 does not know membarrier(2), and the library would fall back to its slower way of excluding producers. It runs
 * one thread at a time, so the barrier has nothing to do there. Exported, to come before libc's.
 */
__attribute__((visibility("default"))) long syscall(long number, ...)
{
	long (*real)(long, ...);
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_membarrier && getenv("XS_UNDER_VALGRIND"))
		return 0;
	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Not inlined: callgrind counts what happens inside. */
__attribute__((noinline)) static void submit_packets(hsa_queue_t *q, unsigned count)
{
	const hsa_signal_t none = {0};

	for (unsigned i = 0; i < count; i++) {
		uint64_t index = hsa_queue_add_write_index_screlease(q, 1);

		hsa_util_write_barrier(q, index, none);
		hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void pass_on(const void *packets, uint64_t count, uint64_t index, void *data, intercept_writer writer)
{
	writer(packets, count);
}

static hsa_queue_t *queue_new(hsa_agent_t gpu, const struct options *o)
{
	struct intercept_api api;
	hsa_queue_t *q = NULL;

	if (strcmp(o->child, kind_names[INTERCEPT])) {
		hsa_queue_create(gpu, RING_PKTS, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q);
	} else if (!intercept_api_find(o->peek, &api)) {
		api.create(gpu, RING_PKTS, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q);
		if (q)
			api.add_handler(q, pass_on, NULL);
	}
	return q;
}

/* Hold the packet processor at a barrier that waits for the returned signal. */
static void block(hsa_queue_t *q, hsa_signal_t gate)
{
	uint64_t index = hsa_queue_add_write_index_screlease(q, 1);
	hsa_barrier_and_packet_t *slot = (hsa_barrier_and_packet_t *)q->base_address + index % q->size;

	hsa_util_wait_free(q, index);
	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	slot->dep_signal[0] = gate;
	__atomic_store_n(&slot->header, BARRIER_HEADER, __ATOMIC_RELEASE);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
}

static int measure(const struct options *o)
{
	hsa_agent_t gpu = hsa_util_start();
	hsa_queue_t *q = queue_new(gpu, o);
	hsa_signal_t gate, done;
	double ns[BATCHES];

	if (!q) {
		fprintf(stderr, "submit: no %s queue\n", o->child);
		return 1;
	}
	hsa_signal_create(0, 0, NULL, &gate);
	hsa_signal_create(0, 0, NULL, &done);
	for (int batch = -2; batch < BATCHES; batch++) {
		hsa_signal_store_screlease(gate, 1);
		hsa_signal_store_screlease(done, 1);
		block(q, gate);
		submit_packets(q, 16);
		double start = now_ns();
		submit_packets(q, o->packets);
		double end = now_ns();

		if (batch >= 0)
			ns[batch] = (end - start) / o->packets;
		hsa_util_submit(q, done);
		hsa_signal_store_screlease(gate, 0);
		if (!hsa_util_done(done)) {
			fprintf(stderr, "submit: %s: packets were lost\n", o->child);
			return 1;
		}
	}
	printf("%.3f\n", median(ns, BATCHES));
	hsa_queue_destroy(q);
	return 0;
}

/* ---- the parent ---- */

static void set_environment(const struct options *o, enum kind kind)
{
	unsetenv("HSA_TOOLS_LIB");
	unsetenv("XSCHED_HSA_STATS");
	if (kind == BYPASS || kind == GATE)
		setenv("HSA_TOOLS_LIB", o->tool, 1);
	/* A report counts every packet, so the gate is engaged from the start. */
	if (kind == GATE)
		setenv("XSCHED_HSA_STATS", "/dev/null", 1);
	if (kind == INTERCEPT)
		setenv("HSA_TOOLS_LIB", o->peek, 1);
}

/* Run @command in the environment of @kind. Return: the number on the first line it prints, negative on failure. */
static double run(const struct options *o, enum kind kind, const char *command)
{
	double value = -1;

	set_environment(o, kind);
	FILE *out = popen(command, "r");
	if (!out)
		return -1;
	if (fscanf(out, "%lf", &value) != 1)
		value = -1;
	while (fgetc(out) != EOF)
		;
	return pclose(out) == 0 ? value : -1;
}

static double instructions(const struct options *o, enum kind kind, const char *self)
{
	enum { FEW = 100, MANY = 1100 };
	double counted[2];
	char command[4096];

	for (int i = 0; i < 2; i++) {
		/* Collects in submit_packets() and what it calls; the difference of two lengths leaves no start-up. */
		snprintf(command, sizeof(command),
			"XS_UNDER_VALGRIND=1 %s --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no "
			"--toggle-collect=submit_packets %s --child %s --packets %d --tool %s --peek %s 2>&1 >/dev/null | "
			"sed -n 's/.*Collected *: *//p'",
			o->callgrind, self, kind_names[kind], i ? MANY : FEW, o->tool, o->peek);
		counted[i] = run(o, kind, command);
		if (counted[i] < 0)
			return -1;
	}
	return (counted[1] - counted[0]) / ((double)(MANY - FEW) * (BATCHES + 2));
}

static int compare_all(const struct options *o, const char *self)
{
	double *ns[KINDS], result[KINDS], counted[KINDS];
	char command[4096];

	for (int k = 0; k < KINDS; k++)
		ns[k] = calloc(o->rounds, sizeof(double));
	for (unsigned round = 0; round < o->rounds; round++) {
		for (int k = 0; k < KINDS; k++) {
			snprintf(command, sizeof(command), "%s --child %s --packets %u --tool %s --peek %s", self,
				kind_names[k], o->packets, o->tool, o->peek);
			ns[k][round] = run(o, k, command);
			if (ns[k][round] < 0) {
				fprintf(stderr, "submit: the %s queue could not be measured\n", kind_names[k]);
				return 1;
			}
		}
	}
	json_t *report = json_object();
	for (int k = 0; k < KINDS; k++) {
		char key[64];

		result[k] = median(ns[k], o->rounds);
		snprintf(key, sizeof(key), "%s_ns", kind_names[k]);
		json_object_set_new(report, key, json_real(result[k]));
		if (!o->callgrind)
			continue;
		counted[k] = instructions(o, k, self);
		if (counted[k] < 0) {
			fprintf(stderr,
				"submit: callgrind gave no count for the %s queue: install valgrind, or give "
				"--no-instructions\n",
				kind_names[k]);
			return 1;
		}
		snprintf(key, sizeof(key), "%s_instructions", kind_names[k]);
		json_object_set_new(report, key, json_real(counted[k]));
	}
	json_object_set_new(report, "packets", json_integer(o->packets));
	json_object_set_new(report, "rounds", json_integer(o->rounds));
	json_object_set_new(report, "hardware", json_string(getenv("KFDSIM_DEVICES") ? "simulated" : "real"));
	if (o->json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5));
		putchar('\n');
	} else {
		printf("%-10s %10s %10s %14s %10s\n", "queue", "ns/packet", "added", "instr/packet", "added");
		for (int k = 0; k < KINDS; k++) {
			printf("%-10s %10.1f %+10.1f", kind_names[k], result[k], result[k] - result[NATIVE]);
			if (o->callgrind)
				printf(" %14.1f %+10.1f", counted[k], counted[k] - counted[NATIVE]);
			putchar('\n');
		}
	}
	json_decref(report);
	for (int k = 0; k < KINDS; k++)
		free(ns[k]);
	return 0;
}

enum { OPT_JSON = 'j', OPT_ROUNDS = 'r', OPT_PACKETS = 'n', OPT_CHILD = 256, OPT_TOOL, OPT_PEEK, OPT_VALGRIND, OPT_NO_INSTRUCTIONS };

static const struct argp_option argp_options[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"rounds", OPT_ROUNDS, "N", 0, "processes per kind of queue (default 7)", 0},
	{"packets", OPT_PACKETS, "N", 0, "packets per batch, 1 to 16000 (default 8000)", 0},
	{"tool", OPT_TOOL, "FILE", 0, "libxsched_hsa.so to measure", 0},
	{"peek", OPT_PEEK, "FILE", 0, "libtable_peek.so, through which intercept queues are created", 0},
	{"valgrind", OPT_VALGRIND, "COMMAND", 0, "how valgrind is started to count instructions (default: valgrind --fair-sched=yes: who spins must not keep the simulator from its turn)", 0},
	{"no-instructions", OPT_NO_INSTRUCTIONS, NULL, 0, "measure time only; valgrind is then not needed", 0},
	{"child", OPT_CHILD, "KIND", OPTION_HIDDEN, "measure one kind of queue", 0},
	{0},
};

static unsigned number(struct argp_state *state, const char *text, const char *name, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || !value || value > max)
		argp_error(state, "--%s=%s: expected a whole number from 1 to %u", name, text, max);
	return (unsigned)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_ROUNDS:
		o->rounds = number(state, arg, "rounds", 1000);
		return 0;
	case OPT_PACKETS:
		o->packets = number(state, arg, "packets", 16000);
		return 0;
	case OPT_TOOL:
		o->tool = arg;
		return 0;
	case OPT_PEEK:
		o->peek = arg;
		return 0;
	case OPT_VALGRIND:
		o->callgrind = arg;
		return 0;
	case OPT_NO_INSTRUCTIONS:
		o->callgrind = NULL;
		return 0;
	case OPT_CHILD:
		o->child = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, NULL,
		"Measures what a packet costs the submitting thread. Without a GPU: kfdsim -- submit", NULL, NULL, NULL};
	struct options o = {
		.rounds = 7, .packets = 8000, .callgrind = "valgrind --fair-sched=yes", .tool = XS_TOOL_PATH, .peek = XS_PEEK_PATH};
	char self[512];

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.child)
		return measure(&o);
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length < 0) {
		fprintf(stderr, "submit: /proc/self/exe: %s\n", strerror(errno));
		return 1;
	}
	self[length] = 0;
	return compare_all(&o, self);
}
