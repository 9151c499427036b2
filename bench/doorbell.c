/* SPDX-License-Identifier: MIT */
/*
 * How soon a packet is done: from the store of the doorbell to the completion signal, as the
 * submitting thread sees it. A barrier packet while the packet processor is busy polling, the same
 * after a pause in which it fell asleep, and an empty kernel; the thread spins or sleeps meanwhile.
 * On the simulator these are its own speed, which bounds what can be measured on it, and the CPU
 * time that the process takes while nothing happens.
 */
#include <argp.h>
#include <fcntl.h>
#include <hsa/hsa.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/int/tool/hsa_util.h"

struct options {
	bool json;
	unsigned hot, idle; /* packets */
	unsigned pause_ms;
	const char *kernels;
};

struct result {
	const char *name;
	double median_us, p90_us, p99_us, least_us;
};

/* One way of measuring. */
struct plan {
	const char *name;
	bool kernel, idle;	/* not a barrier packet; after a pause */
	hsa_wait_state_t state; /* how the thread waits */
};

static const struct plan plans[] = {
	{"barrier_hot", false, false, HSA_WAIT_STATE_ACTIVE},
	{"barrier_from_idle", false, true, HSA_WAIT_STATE_ACTIVE},
	{"barrier_from_idle_asleep", false, true, HSA_WAIT_STATE_BLOCKED},
	{"kernel_hot", true, false, HSA_WAIT_STATE_ACTIVE},
	{"kernel_from_idle", true, true, HSA_WAIT_STATE_ACTIVE},
	{"kernel_from_idle_asleep", true, true, HSA_WAIT_STATE_BLOCKED},
};
#define PLANS (sizeof(plans) / sizeof(plans[0]))

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

/* @us has room for all packets. */
static struct result measure(const struct plan *p, const struct options *o, hsa_queue_t *q,
	hsa_signal_t done, uint64_t object, double *us)
{
	unsigned count = p->idle ? o->idle : o->hot;

	for (unsigned i = 0; i < count; i++) {
		uint64_t index = hsa_queue_add_write_index_screlease(q, 1);

		hsa_util_wait_free(q, index);
		hsa_signal_store_relaxed(done, 1);
		if (p->kernel)
			hsa_util_write_dispatch(q, index, object, done);
		else
			hsa_util_write_barrier(q, index, done);
		if (p->idle)
			sleep_ms(o->pause_ms);
		double from = now_us();
		hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
		hsa_signal_wait_scacquire(
			done, HSA_SIGNAL_CONDITION_LT, 1, UINT64_MAX, p->state);
		us[i] = now_us() - from;
	}
	qsort(us, count, sizeof(*us), compare);
	return (struct result){p->name, us[count / 2], us[(size_t)count * 9 / 10],
		us[(size_t)count * 99 / 100], us[0]};
}

/* CPU time of the process in a second in which it does nothing, in us. */
static double measure_idle(void)
{
	struct timespec before, after;

	sleep_ms(100);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	sleep_ms(1000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	return (after.tv_sec - before.tv_sec) * 1e6 + (after.tv_nsec - before.tv_nsec) / 1e3;
}

/* Return: the kernel object of "empty"; 0 when the file cannot be loaded. */
static uint64_t load_kernel(hsa_agent_t gpu, const char *path)
{
	hsa_code_object_reader_t reader;
	hsa_executable_t executable;
	hsa_executable_symbol_t symbol;
	uint64_t object = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0 || hsa_code_object_reader_create_from_file(file, &reader) ||
		hsa_executable_create_alt(HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT,
			NULL, &executable) ||
		hsa_executable_load_agent_code_object(executable, gpu, reader, NULL, NULL) ||
		hsa_executable_freeze(executable, NULL) ||
		hsa_executable_get_symbol_by_name(executable, "empty.kd", &gpu, &symbol) ||
		hsa_executable_symbol_get_info(
			symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &object))
		return 0;
	return object;
}

static void report(const struct options *o, const struct result *r, unsigned count, double idle_us)
{
	const char *hardware = getenv("KFDSIM_DEVICES") ? "simulated" : "real";

	if (!o->json) {
		printf("%-26s %10s %10s %10s %10s   (us, %s GPU)\n", "packet", "median", "p90",
			"p99", "least", hardware);
		for (unsigned i = 0; i < count; i++)
			printf("%-26s %10.2f %10.2f %10.2f %10.2f\n", r[i].name, r[i].median_us,
				r[i].p90_us, r[i].p99_us, r[i].least_us);
		printf("CPU time of an idle second: %.0f us\n", idle_us);
		return;
	}
	json_t *all = json_object();
	for (unsigned i = 0; i < count; i++)
		json_object_set_new(all, r[i].name,
			json_pack("{s:f, s:f, s:f, s:f}", "median_us", r[i].median_us, "p90_us",
				r[i].p90_us, "p99_us", r[i].p99_us, "least_us", r[i].least_us));
	json_object_set_new(all, "idle_second_cpu_us", json_real(idle_us));
	json_object_set_new(all, "hardware", json_string(hardware));
	json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5));
	putchar('\n');
	json_decref(all);
}

enum { OPT_JSON = 'j', OPT_HOT = 'n', OPT_IDLE = 'i', OPT_PAUSE = 'p', OPT_KERNELS = 'k' };

static const struct argp_option argp_options[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"packets", OPT_HOT, "N", 0, "packets one after the other (default 20000)", 0},
	{"idle-packets", OPT_IDLE, "N", 0, "packets after a pause each (default 100)", 0},
	{"pause", OPT_PAUSE, "MS", 0, "the pause (default 10)", 0},
	{"kernels", OPT_KERNELS, "FILE", 0, "code object with the kernel \"empty\"", 0},
	{0},
};

static unsigned number(struct argp_state *state, const char *text, const char *name)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || !value || value > 10000000)
		argp_error(
			state, "--%s=%s: expected a whole number from 1 to 10000000", name, text);
	return (unsigned)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_HOT:
		o->hot = number(state, arg, "packets");
		return 0;
	case OPT_IDLE:
		o->idle = number(state, arg, "idle-packets");
		return 0;
	case OPT_PAUSE:
		o->pause_ms = number(state, arg, "pause");
		return 0;
	case OPT_KERNELS:
		o->kernels = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, NULL,
		"Measures how soon a packet is done after its doorbell. Without a GPU: kfdsim -- "
		"doorbell",
		NULL, NULL, NULL};
	struct options o = {.hot = 20000, .idle = 100, .pause_ms = 10, .kernels = XS_KERNELS_PATH};
	struct result results[PLANS];
	hsa_queue_t *q;
	hsa_signal_t done;
	unsigned count = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	hsa_agent_t gpu = hsa_util_start();
	double *us = calloc(o.hot > o.idle ? o.hot : o.idle, sizeof(*us));
	if (!us || hsa_signal_create(1, 0, NULL, &done) ||
		hsa_queue_create(
			gpu, 1024, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q)) {
		fprintf(stderr, "doorbell: no queue\n");
		return 1;
	}
	uint64_t object = load_kernel(gpu, o.kernels);
	if (!object)
		fprintf(stderr, "doorbell: %s: cannot be loaded; no kernel is measured\n",
			o.kernels);
	for (unsigned i = 0; i < PLANS; i++)
		if (object || !plans[i].kernel)
			results[count++] = measure(&plans[i], &o, q, done, object, us);
	report(&o, results, count, measure_idle());
	free(us);
	hsa_queue_destroy(q);
	hsa_signal_destroy(done);
	hsa_shut_down();
	return object ? 0 : 1;
}
