/* SPDX-License-Identifier: MIT */
/*
 * Levels 1 and 3 side by side, on a GPU that a queue of low priority keeps full. The first table is how long an urgent kernel waits
 * until it starts, for kernels of a time T in its way. The second is what a fifth of the GPU's time for a queue of high priority costs
 * both sides. What the library itself takes of it comes from its report, what a simulated GPU models from the simulator's.
 *
 * The GPU is kept full by kernels that do not go on while they are stopped. A simulated GPU is told how long each takes.
 */
#include <argp.h>
#include <dlfcn.h>
#include <errno.h>
#include <hsa/hsa_ext_amd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bench/rig.h"
#include "kfd_ioctl.h"

#define RING_PKTS     1024u
#define URGENT_US     100u
#define REQUEST_US    1000u /* of the second table: the foreground's kernel, and how often one comes */
#define PERIOD_US     5000u
#define BACKGROUND_US 500u
#define ROUNDS        4u /* of the second table, in which all rows take their turn: a machine's speed changes within minutes */
#define TURNS         20000u /* for measuring one */

static const unsigned all_times_us[] = {10, 100, 500, 1000, 2000, 5000, 10000};
#define TIMES (sizeof(all_times_us) / sizeof(all_times_us[0]))

static const struct row {
	const char *name, *settings;
} rows[] = {
	{"native", NULL},
	{"level 1", "XSCHED_HSA_POLICY=hpf XSCHED_HSA_LEVEL=1"},
	{"level 2", "XSCHED_HSA_POLICY=hpf XSCHED_HSA_LEVEL=2"},
	{"level 3", "XSCHED_HSA_POLICY=hpf XSCHED_HSA_LEVEL=3"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct options {
	bool json, only_start, only_load;
	unsigned samples, time_us;
	/* Of a child. */
	enum { NONE, START, LOAD } child;
	unsigned back_us, front_us;
};

/* ---- the library's calls of the driver, seen on their way ---- */

/* When a queue was first suspended, and first resumed, since that was last set to 0; writer: whoever calls. */
static _Atomic uint64_t suspend_called_ns, resume_called_ns;

static uint64_t boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* In the program, so that libraries find it before libc's, or what stands before that. */
__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	va_list args;

	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	if (request == AMDKFD_IOC_UPDATE_QUEUE) {
		const struct kfd_ioctl_update_queue_args *a = arg;
		uint64_t none = 0;

		atomic_compare_exchange_strong(a->queue_percentage ? &resume_called_ns : &suspend_called_ns, &none, boot_ns());
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	return next(fd, request, arg);
}

/* ---- one measurement, in a child ---- */

struct side {
	const struct rig *rig;
	const struct rig_kernel *kernel;
	hsa_queue_t *queue;
	struct rig_spin *args;
	struct rig_backlog backlog; /* of keep_busy() */
	unsigned time_us;
	_Atomic bool stop;
};

/* Turns of the loop in the kernels that take a microsecond; where the GPU is told the time it does not matter. */
static double turns_per_us(const struct rig *r, hsa_queue_t *q, hsa_signal_t done)
{
	struct rig_spin *a = rig_memory(r, sizeof(*a));
	hsa_amd_profiling_dispatch_time_t t = {0};

	a->ticks = TURNS;
	hsa_signal_store_relaxed(done, 1);
	rig_submit(r, q, &r->foreground, a, 0, done);
	rig_wait(done);
	hsa_amd_profiling_get_dispatch_time(r->gpu, done, &t);
	return t.end > t.start ? TURNS * 1000 / ((double)(t.end - t.start) * r->system_ns) : 1;
}

struct sample {
	uint64_t submit_ns;
	double start_us, end_us; /* behind that */
};

static void side_open(struct side *s, const struct rig *r, const struct rig_kernel *k, bool high, unsigned time_us)
{
	*s = (struct side){.rig = r, .kernel = k, .time_us = time_us, .queue = rig_queue_new(r, RING_PKTS)};
	s->args = rig_memory(r, sizeof(*s->args));
	if (hsa_amd_queue_set_priority(s->queue, high ? HSA_AMD_QUEUE_PRIORITY_HIGH : HSA_AMD_QUEUE_PRIORITY_LOW) != HSA_STATUS_SUCCESS) {
		fprintf(stderr, "latency: no queues of different priority\n");
		exit(1);
	}
}

/* Always has some 20 ms of work waiting, or half the ring. */
static void *keep_busy(void *arg)
{
	struct side *s = arg;
	uint64_t deep = 20000 / s->time_us;

	deep = deep < 4 ? 4 : deep > RING_PKTS / 2 ? RING_PKTS / 2 : deep;
	while (!atomic_load(&s->stop)) {
		uint64_t done = rig_backlog_done(&s->backlog, s->queue);

		while (atomic_load(&s->backlog.submitted) - done < deep)
			rig_backlog_add(&s->backlog,
				rig_submit(s->rig, s->queue, s->kernel, s->args, s->rig->groups, (hsa_signal_t){0}));
		rig_sleep_ns(deep / 4 * s->time_us * 1000u);
	}
	return NULL;
}

/*
 * One kernel, from its submission until it ends, and, without @own_us that it takes alone, until it has the GPU: what it says of its
 * start is when the packet processor began with it, and not when its first group found room. Return: what it says it took.
 */
static double request(const struct side *s, hsa_signal_t done, double own_us, struct sample *sample_p)
{
	hsa_amd_profiling_dispatch_time_t t = {0};

	hsa_signal_store_relaxed(done, 1);
	atomic_store(&suspend_called_ns, 0);
	atomic_store(&resume_called_ns, 0);
	uint64_t submit_ns = boot_ns(), submit = rig_system_now();
	rig_submit(s->rig, s->queue, s->kernel, s->args, s->rig->groups, done);
	rig_wait(done);
	hsa_amd_profiling_get_dispatch_time(s->rig->gpu, done, &t);
	double end_us = ((double)t.end - (double)submit) * s->rig->system_ns / 1000;
	*sample_p = (struct sample){.submit_ns = submit_ns, .start_us = end_us - own_us, .end_us = end_us};
	return (double)(t.end - t.start) * s->rig->system_ns / 1000;
}

static void print_column(const char *name, double *us, unsigned count)
{
	static const char *before = "{";

	printf("%s\"%s_p50_us\": %.2f, \"%s_p99_us\": %.2f, ", before, name, rig_percentile(us, count, 0.5), name,
		rig_percentile(us, count, 0.99));
	before = "";
}

static void print_all(const char *name, const double *us, unsigned count)
{
	printf("\"%s\": [", name);
	for (unsigned i = 0; i < count; i++)
		printf("%s%.2f", i ? ", " : "", us[i]);
	printf("], ");
}

/* Let what is left come to its end. */
static void drain(const struct side *s, hsa_signal_t done)
{
	hsa_signal_store_relaxed(done, 1);
	rig_submit(s->rig, s->queue, s->kernel, s->args, 0, done);
	rig_wait(done);
}

/* Of all samples; the last two of those for which waves were saved. */
struct columns {
	double *start_us, *end_us, *suspend_us, *resume_us;
	unsigned suspends, resumes;
};

/* What was called for the sample before, some time behind it. */
static void calls_take(const struct sample *s, struct columns *c)
{
	uint64_t suspend_ns = atomic_load(&suspend_called_ns), resume_ns = atomic_load(&resume_called_ns);

	if (!suspend_ns || !s->submit_ns)
		return;
	c->suspend_us[c->suspends++] = (double)(suspend_ns - s->submit_ns) / 1000;
	if (resume_ns)
		c->resume_us[c->resumes++] = (double)(resume_ns - s->submit_ns) / 1000 - s->end_us;
}

static int measure(const struct options *o)
{
	struct columns c = {calloc(o->samples, sizeof(double)), calloc(o->samples, sizeof(double)), calloc(o->samples, sizeof(double)),
		calloc(o->samples, sizeof(double)), 0, 0};
	double alone[9] = {0};
	struct sample sample = {0};
	uint64_t seed = 88172645463325252u;
	struct side back, front;
	struct rig r;
	hsa_signal_t done;
	pthread_t thread;

	rig_start(&r);
	side_open(&back, &r, &r.background, false, o->back_us);
	side_open(&front, &r, &r.foreground, true, o->front_us);
	if (!c.start_us || !c.end_us || !c.suspend_us || !c.resume_us || hsa_signal_create(1, 0, NULL, &done) != HSA_STATUS_SUCCESS)
		return 1;
	double turns = turns_per_us(&r, front.queue, done);
	back.args->ticks = (uint64_t)(turns * o->back_us);
	front.args->ticks = (uint64_t)(turns * o->front_us);
	rig_simulator_first();
	for (unsigned i = 0; i < 9 && o->front_us; i++)
		alone[i] = request(&front, done, 0, &sample);
	double own_us = rig_percentile(alone, 9, 0.5);
	if (o->back_us && pthread_create(&thread, NULL, keep_busy, &back))
		return 1;
	/* The library measures level 3 and learns durations. */
	for (unsigned i = 0; i < 5 && o->front_us; i++, rig_sleep_ns(20000000))
		request(&front, done, own_us, &sample);
	if (!o->front_us)
		rig_sleep_ns(100000000);
	uint64_t from_ns = rig_now_ns(), from = rig_backlog_done(&back.backlog, back.queue), next_ns = from_ns;
	for (unsigned i = 0; i < o->samples; i++) {
		if (o->child == LOAD) {
			next_ns += PERIOD_US * 1000u;
			uint64_t now_ns = rig_now_ns();
			if (next_ns > now_ns)
				rig_sleep_ns(next_ns - now_ns);
		} else {
			/* So that it comes anywhere in one of the others' kernels. */
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			rig_sleep_ns(2000000 + seed % 4000000 + (seed >> 32) % (2000 * o->back_us + 1));
		}
		if (!o->front_us)
			continue;
		if (i)
			calls_take(&sample, &c);
		request(&front, done, own_us, &sample);
		c.start_us[i] = sample.start_us;
		c.end_us[i] = sample.end_us;
	}
	uint64_t passed_ns = rig_now_ns() - from_ns, passed = rig_backlog_done(&back.backlog, back.queue) - from;
	if (o->back_us) {
		atomic_store(&back.stop, true);
		pthread_join(thread, NULL);
		drain(&back, done);
	}
	print_column("start", c.start_us, o->samples);
	print_column("end", c.end_us, o->samples);
	print_column("submit_to_suspend", c.suspend_us, c.suspends);
	print_column("end_to_resume", c.resume_us, c.resumes);
	if (o->child == LOAD && o->front_us) {
		print_all("start_us", c.start_us, o->samples);
		print_all("end_us", c.end_us, o->samples);
	}
	printf("\"background_per_s\": %.2f, \"samples\": %u}\n", (double)passed * 1e9 / (double)passed_ns, o->samples);
	hsa_queue_destroy(front.queue);
	hsa_queue_destroy(back.queue);
	return 0;
}

/* ---- all of them ---- */

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static json_t *file_take(const char *path)
{
	json_t *value = json_load_file(path, 0, NULL);

	unlink(path);
	return value;
}

/* What the library says of level 3 itself, and the simulator of what that cost; whichever is to be had. */
static void add_reports(json_t *result, const char *report_path, const char *sim_path)
{
	static const char *const times[] = {"suspend_wait", "suspend_call", "resume_wait", "resume_call"};
	json_t *report = file_take(report_path), *sim = file_take(sim_path), *q;
	json_t *level3 = json_array_get(json_object_get(report, "level3"), 0), *cycles = json_object_get(sim, "cycles");
	double saves = 0, saved_ns = 0;
	size_t i;

	json_array_foreach(json_object_get(report, "queues"), i, q) {
		saves += number_of(q, "saves");
		saved_ns += number_of(q, "saved_ns");
	}
	json_object_set_new(result, "saves", json_integer((json_int_t)saves));
	json_object_set_new(result, "saved_us_mean", saves ? json_real(saved_ns / saves / 1000) : json_null());
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		json_t *t = json_object_get(level3, times[i]);

		json_object_set_new(result, times[i],
			t ? json_pack("{s:f, s:f}", "p50_us", number_of(t, "p50_ns") / 1000, "p99_us", number_of(t, "p99_ns") / 1000) :
			    json_null());
	}
	json_object_set_new(result, "cycles", cycles ? json_integer((json_int_t)number_of(cycles, "scheduler")) : json_null());
	json_object_set_new(result, "stopped_us", cycles ? json_real(number_of(cycles, "stopped_ns") / 1000) : json_null());
	json_decref(report);
	json_decref(sim);
}

static json_t *run(const struct options *o, const struct row *row, int child, unsigned back_us, unsigned front_us)
{
	char arguments[200], settings[700], report[] = "/tmp/latency-XXXXXX", sim[] = "/tmp/latency-XXXXXX", times[100];
	int a = mkstemp(report), b = mkstemp(sim);

	if (a < 0 || b < 0) {
		fprintf(stderr, "latency: /tmp: %s\n", strerror(errno));
		exit(1);
	}
	close(a);
	close(b);
	/* What the simulator is told; a real GPU does not care. */
	snprintf(times, sizeof(times), "background=%uus\nforeground=%uus\n", back_us, front_us);
	setenv("KFDSIM_KERNEL_TIMES", times, 1);
	snprintf(arguments, sizeof(arguments), "--child=%d --back=%u --front=%u --samples=%u", child, back_us, front_us, o->samples);
	/* The shell that runs it becomes the program. */
	snprintf(settings, sizeof(settings),
		"%s XSCHED_HSA_SOCKET=off XSCHED_HSA_LV3_BUDGET_US=0 XSCHED_HSA_STATS=%s KFDSIM_STATS=%s KFDSIM_STATS_PID=$$",
		row->settings ? row->settings : "", report, sim);
	json_t *result = rig_run(row->settings ? settings : NULL, arguments);
	json_object_set_new(result, "row", json_string(row->name));
	add_reports(result, report, sim);
	return result;
}

static void print_share(const json_t *result)
{
	const json_t *s = json_object_get(result, "suspend_wait"), *r = json_object_get(result, "resume_wait");

	if (number_of(result, "saves"))
		printf("   %.0f saves; decision to call: %.1f/%.1f to suspend, %.1f/%.1f to resume; submit to suspend %.1f/%.1f, end to resume "
		       "%.1f/%.1f",
			number_of(result, "saves"), number_of(s, "p50_us"), number_of(s, "p99_us"), number_of(r, "p50_us"),
			number_of(r, "p99_us"), number_of(result, "submit_to_suspend_p50_us"),
			number_of(result, "submit_to_suspend_p99_us"), number_of(result, "end_to_resume_p50_us"),
			number_of(result, "end_to_resume_p99_us"));
	printf("\n");
	fflush(stdout);
}

static json_t *table_start(const struct options *o)
{
	json_t *results = json_array();

	if (!o->json)
		printf("Until an urgent kernel of %u us starts, on a GPU full of kernels of T\n"
		       "%-16s %8s %12s %12s   (us; a/b: p50/p99)\n",
			URGENT_US, "row", "T", "start p50", "start p99");
	for (unsigned t = 0; t < TIMES; t++) {
		if (o->time_us && o->time_us != all_times_us[t])
			continue;
		for (unsigned i = 0; i < ROWS; i++) {
			json_t *result = run(o, &rows[i], START, all_times_us[t], URGENT_US);

			json_object_set_new(result, "kernel_us", json_integer(all_times_us[t]));
			if (!o->json) {
				printf("%-16s %8u %12.1f %12.1f", rows[i].name, all_times_us[t], number_of(result, "start_p50_us"),
					number_of(result, "start_p99_us"));
				print_share(result);
			}
			json_array_append_new(results, result);
		}
	}
	return results;
}

/* Percentiles of all rounds' samples, instead of the samples. */
static void pool_samples(json_t *result, const json_t *rounds, const char *column)
{
	char samples[32], p50[32], p99[32];
	unsigned count = 0, most = 0;
	json_t *round, *value;
	size_t i, j;

	snprintf(samples, sizeof(samples), "%s_us", column);
	snprintf(p50, sizeof(p50), "%s_p50_us", column);
	snprintf(p99, sizeof(p99), "%s_p99_us", column);
	json_array_foreach(rounds, i, round)
		most += (unsigned)json_array_size(json_object_get(round, samples));
	double *us = calloc(most ? most : 1, sizeof(*us));
	json_array_foreach(rounds, i, round)
		json_array_foreach(json_object_get(round, samples), j, value)
			us[count++] = json_number_value(value);
	json_object_del(result, samples);
	if (count) {
		json_object_set_new(result, p50, json_real(rig_percentile(us, count, 0.5)));
		json_object_set_new(result, p99, json_real(rig_percentile(us, count, 0.99)));
	}
	free(us);
}

/* Of the numbers of @rounds by the name @key in the object @in, or in themselves: the sum, and the largest. */
static void pool_number(const json_t *rounds, const char *in, const char *key, double *sum_p, double *most_p)
{
	json_t *round;
	size_t i;

	*sum_p = *most_p = 0;
	json_array_foreach(rounds, i, round) {
		double value = number_of(in ? json_object_get(round, in) : round, key);

		*sum_p += value;
		*most_p = value > *most_p ? value : *most_p;
	}
}

/* Several runs as if they were one: what is counted is added up, and of what the library says of each the largest is told. Takes @rounds. */
static json_t *pool(json_t *rounds)
{
	static const char *const sums[] = {"saves", "cycles", "stopped_us", "samples"};
	static const char *const times[] = {"suspend_wait", "suspend_call", "resume_wait", "resume_call"};
	static const char *const percentiles[] = {"p50_us", "p99_us"};
	static const char *const largest[] = {
		"submit_to_suspend_p50_us", "submit_to_suspend_p99_us", "end_to_resume_p50_us", "end_to_resume_p99_us", "saved_us_mean"};
	json_t *result = json_deep_copy(json_array_get(rounds, 0));
	double sum, most;

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		pool_number(rounds, NULL, sums[i], &sum, &most);
		if (json_is_number(json_object_get(result, sums[i])))
			json_object_set_new(result, sums[i],
				json_is_integer(json_object_get(result, sums[i])) ? json_integer((json_int_t)sum) : json_real(sum));
	}
	for (size_t i = 0; i < sizeof(largest) / sizeof(largest[0]); i++) {
		pool_number(rounds, NULL, largest[i], &sum, &most);
		if (json_is_number(json_object_get(result, largest[i])))
			json_object_set_new(result, largest[i], json_real(most));
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		for (size_t j = 0; j < 2; j++) {
			pool_number(rounds, times[i], percentiles[j], &sum, &most);
			if (json_is_object(json_object_get(result, times[i])))
				json_object_set_new(json_object_get(result, times[i]), percentiles[j], json_real(most));
		}
	}
	pool_number(rounds, NULL, "background_per_s", &sum, &most);
	json_object_set_new(result, "background_per_s", json_real(sum / (double)json_array_size(rounds)));
	pool_samples(result, rounds, "start");
	pool_samples(result, rounds, "end");
	json_decref(rounds);
	return result;
}

/* What one round measures: each side alone, then for each row both, and the low one by itself. */
enum { FORE_ALONE, BACK_ALONE, BOTH, IDLE = BOTH + ROWS, RUNS = IDLE + ROWS };

static void load_round(const struct options *o, json_t *runs[RUNS])
{
	json_array_append_new(runs[FORE_ALONE], run(o, &rows[0], LOAD, 0, REQUEST_US));
	json_array_append_new(runs[BACK_ALONE], run(o, &rows[0], LOAD, BACKGROUND_US, 0));
	for (unsigned i = 0; i < ROWS; i++) {
		json_array_append_new(runs[BOTH + i], run(o, &rows[i], LOAD, BACKGROUND_US, REQUEST_US));
		json_array_append_new(runs[IDLE + i], run(o, &rows[i], LOAD, BACKGROUND_US, 0));
	}
}

static json_t *table_load(const struct options *o)
{
	unsigned rounds = o->samples < ROUNDS ? 1 : ROUNDS;
	struct options part_of = *o;
	json_t *results = json_array(), *runs[RUNS];

	part_of.samples = o->samples / rounds;
	for (unsigned i = 0; i < RUNS; i++)
		runs[i] = json_array();
	for (unsigned i = 0; i < rounds; i++)
		load_round(&part_of, runs);
	json_t *fore = pool(runs[FORE_ALONE]), *back = pool(runs[BACK_ALONE]);
	double alone_us = number_of(fore, "end_p99_us"), part = (double)REQUEST_US / PERIOD_US;
	double expected = number_of(back, "background_per_s") * (1 - part);

	if (!o->json)
		printf("A queue of high priority with a kernel of %u us each %u us, one of low priority that is never empty (%u us)\n"
		       "alone: end p50 %.1f p99 %.1f us; %.1f kernels a second, of which %.0f %% remain\n"
		       "%-16s %10s %10s %14s %12s %16s %12s\n",
			REQUEST_US, PERIOD_US, BACKGROUND_US, number_of(fore, "end_p50_us"), alone_us,
			number_of(back, "background_per_s"), 100 * (1 - part), "row", "end p50", "end p99", "beyond 1.02x", "lost %",
			"modelled each us", "modelled %");
	for (unsigned i = 0; i < ROWS; i++) {
		json_t *result = pool(runs[BOTH + i]), *idle = pool(runs[IDLE + i]);
		double saves = number_of(result, "saves"), span_us = PERIOD_US * number_of(result, "samples");
		/* But for what the start, the self-test and the end cost. */
		double each_us = saves ? (number_of(result, "stopped_us") - number_of(idle, "stopped_us")) / saves : 0;
		double cycles = saves ? (number_of(result, "cycles") - number_of(idle, "cycles")) / saves : 0;
		double lost = 100 * (1 - number_of(result, "background_per_s") / expected);
		double modelled = 100 * each_us * saves / span_us / (1 - part);

		json_object_set_new(result, "background_alone_per_s", json_real(number_of(idle, "background_per_s")));
		json_object_set_new(result, "beyond_us", json_real(number_of(result, "end_p99_us") - 1.02 * alone_us));
		json_object_set_new(result, "lost_percent", json_real(lost));
		json_object_set_new(result, "modelled_us", json_real(each_us));
		json_object_set_new(result, "modelled_percent", json_real(modelled));
		json_object_set_new(result, "cycles_per_save", json_real(cycles));
		if (!o->json) {
			printf("%-16s %10.1f %10.1f %14.1f %12.2f %16.1f %12.2f", rows[i].name, number_of(result, "end_p50_us"),
				number_of(result, "end_p99_us"), number_of(result, "beyond_us"), lost, each_us, modelled);
			if (saves)
				printf("   %.3f cycles each;", cycles);
			print_share(result);
		}
		json_array_append_new(results, result);
		json_decref(idle);
	}
	json_t *table = json_pack("{s:o, s:o, s:o}", "foreground_alone", fore, "background_alone", back, "rows", results);
	return table;
}

static int compare_all(const struct options *o)
{
	json_t *report = rig_head();

	if (!o->only_load)
		json_object_set_new(report, "start", table_start(o));
	if (!o->only_start)
		json_object_set_new(report, "load", table_load(o));
	if (o->json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
	}
	json_decref(report);
	return 0;
}

enum { OPT_JSON = 'j', OPT_SAMPLES = 'n', OPT_TIME = 't', OPT_TABLE = 'b', OPT_CHILD = 256, OPT_TOOL, OPT_BACK, OPT_FRONT };

static const struct argp_option argp_options[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"samples", OPT_SAMPLES, "N", 0, "urgent kernels, or requests, of each row (default 200)", 0},
	{"time", OPT_TIME, "US", 0, "only kernels of that time in the way: 10, 100, 500, 1000, 2000, 5000 or 10000", 0},
	{"table", OPT_TABLE, "NAME", 0, "only one of the tables: start or load", 0},
	{"tool", OPT_TOOL, "FILE", 0, "libxsched_hsa.so to measure", 0},
	{"child", OPT_CHILD, "N", OPTION_HIDDEN, "measure once", 0},
	{"back", OPT_BACK, "US", OPTION_HIDDEN, "", 0},
	{"front", OPT_FRONT, "US", OPTION_HIDDEN, "", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	bool known = false;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_SAMPLES:
		o->samples = rig_number(state, arg, "samples", 1, 100000);
		return 0;
	case OPT_TIME:
		o->time_us = rig_number(state, arg, "time", 1, 10000);
		for (unsigned i = 0; i < TIMES; i++)
			known |= all_times_us[i] == o->time_us;
		if (!known)
			argp_error(state, "--time=%s: expected 10, 100, 500, 1000, 2000, 5000 or 10000", arg);
		return 0;
	case OPT_TABLE:
		o->only_start = !strcmp(arg, "start");
		o->only_load = !strcmp(arg, "load");
		if (!o->only_start && !o->only_load)
			argp_error(state, "--table=%s: expected start or load", arg);
		return 0;
	case OPT_TOOL:
		rig_tool_set(arg);
		return 0;
	case OPT_CHILD:
		o->child = rig_number(state, arg, "child", START, LOAD);
		return 0;
	case OPT_BACK:
		o->back_us = rig_number(state, arg, "back", 0, 1000000);
		return 0;
	case OPT_FRONT:
		o->front_us = rig_number(state, arg, "front", 0, 1000000);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, NULL,
		"Compares levels 1, 2 and 3 on a GPU that is full. Without a GPU: kfdsim -- latency", NULL, NULL, NULL};
	struct options o = {.samples = 200};

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return o.child ? measure(&o) : compare_all(&o);
}
