/* SPDX-License-Identifier: MIT */
/*
 * Tracing, from start to stop, under a runtime that is nothing but tables: a packet processor of ours takes the packets of one
 * queue, as the program asks it to or in a thread of its own. The trace goes into memory, pipes and devices that fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/hsa_slots.h"
#include "src/hsa_intercept/kernel_names.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/squeue.h"
#include "src/hsa_intercept/trace.h"

#define RING_PKTS 64u
#define KERNEL	  0x4000u

bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names);
void OnUnload(void);

static uint64_t core_words[HSA_CORE_TABLE_BYTES / 8], amd_words[744 / 8];
static struct hsa_table *const core = (struct hsa_table *)core_words, *const amd = (struct hsa_table *)amd_words;
static struct hsa_root_table root = {.version = {.major = 3}};
static struct {
	amd_queue_t q;
	amd_signal_t doorbell;
	struct aql_packet slots[RING_PKTS];
} hw;
static hsa_queue_t *queue;
static struct vqueue *vq;
static _Atomic bool processor_ends;
static uint64_t gpu_ts; /* the end of what ran last; writer: who takes packets */

/* ---- the runtime ---- */

static hsa_status_t rt_queue_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue_p)
{
	*queue_p = &hw.q.hsa_queue;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_queue(hsa_queue_t *q)
{
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_agent_get_info(hsa_agent_t agent, hsa_agent_info_t attribute, void *value)
{
	*(uint32_t *)value = 4;
	return HSA_STATUS_SUCCESS;
}

/* The runtime's clock is ours, a second late; a tick of the GPU is one of its nanoseconds. */
static hsa_status_t rt_system_get_info(hsa_system_info_t attribute, void *value)
{
	*(uint64_t *)value = attribute == HSA_SYSTEM_INFO_TIMESTAMP ? pacer_now_ns() - 1000000000 : 1000000000;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_get_dispatch_time(hsa_agent_t agent, hsa_signal_t signal, hsa_amd_profiling_dispatch_time_t *time)
{
	const amd_signal_t *s = (const amd_signal_t *)(uintptr_t)signal.handle;

	time->start = s->start_ts;
	time->end = s->end_ts;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_amd_signal_create(hsa_signal_value_t value, uint32_t consumers_count, const hsa_agent_t *consumers,
	uint64_t attributes, hsa_signal_t *signal)
{
	amd_signal_t *s = aligned_alloc(64, (sizeof(*s) + 63) / 64 * 64);

	memset(s, 0, sizeof(*s));
	s->value = value;
	signal->handle = (uint64_t)(uintptr_t)s;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_signal_destroy(hsa_signal_t signal)
{
	free((void *)(uintptr_t)signal.handle);
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_set_profiler_enabled(hsa_queue_t *q, int enable)
{
	return HSA_STATUS_SUCCESS;
}

static uint64_t rt_add(const hsa_queue_t *q, uint64_t value)
{
	return atomic_fetch_add((_Atomic uint64_t *)&hw.q.write_dispatch_id, value);
}

static void rt_store(const hsa_queue_t *q, uint64_t value)
{
	atomic_store((_Atomic uint64_t *)&hw.q.write_dispatch_id, value);
}

static void rt_signal_store(hsa_signal_t signal, hsa_signal_value_t value)
{
}

/* Executables: each has one variable and one kernel, named by its handle. */
static hsa_status_t rt_freeze(hsa_executable_t executable, const char *options)
{
	return executable.handle ? HSA_STATUS_SUCCESS : HSA_STATUS_ERROR;
}

static hsa_status_t rt_destroy(hsa_executable_t executable)
{
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_iterate_symbols(hsa_executable_t executable, executable_symbol_fn callback, void *data)
{
	callback(executable, (hsa_executable_symbol_t){0}, data);
	return callback(executable, (hsa_executable_symbol_t){executable.handle}, data);
}

static hsa_status_t rt_symbol_get_info(hsa_executable_symbol_t symbol, hsa_executable_symbol_info_t attribute, void *value)
{
	char name[32];
	int length = snprintf(name, sizeof(name), "kernel\"%d.kd", (int)symbol.handle);

	switch ((int)attribute) {
	case HSA_EXECUTABLE_SYMBOL_INFO_TYPE:
		*(hsa_symbol_kind_t *)value = symbol.handle ? HSA_SYMBOL_KIND_KERNEL : HSA_SYMBOL_KIND_VARIABLE;
		break;
	case HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT:
		*(uint64_t *)value = KERNEL;
		break;
	case HSA_EXECUTABLE_SYMBOL_INFO_NAME_LENGTH:
		*(uint32_t *)value = (uint32_t)length;
		break;
	case HSA_EXECUTABLE_SYMBOL_INFO_NAME:
		memcpy(value, name, (size_t)length);
		break;
	}
	return HSA_STATUS_SUCCESS;
}

static void amd_set(enum hsa_amd_entry entry, void *function)
{
	amd->slot[hsa_amd_slot(entry, HSA_AMD_FROM_5_6, &amd->version) - 1] = function;
}

static int setup(void **state)
{
	core->version = (struct hsa_table_version){.major = 2, .minor = HSA_CORE_TABLE_BYTES};
	amd->version = (struct hsa_table_version){.major = 2, .minor = sizeof(amd_words)};
	core->slot[CORE_hsa_system_get_info - 1] = (void *)rt_system_get_info;
	core->slot[CORE_hsa_agent_get_info - 1] = (void *)rt_agent_get_info;
	core->slot[CORE_hsa_queue_create - 1] = (void *)rt_queue_create;
	core->slot[CORE_hsa_queue_destroy - 1] = (void *)rt_queue;
	core->slot[CORE_hsa_queue_add_write_index_screlease - 1] = (void *)rt_add;
	core->slot[CORE_hsa_queue_store_write_index_screlease - 1] = (void *)rt_store;
	core->slot[CORE_hsa_signal_destroy - 1] = (void *)rt_signal_destroy;
	core->slot[CORE_hsa_signal_store_screlease - 1] = (void *)rt_signal_store;
	core->slot[CORE_hsa_executable_freeze - 1] = (void *)rt_freeze;
	core->slot[CORE_hsa_executable_destroy - 1] = (void *)rt_destroy;
	core->slot[CORE_hsa_executable_iterate_symbols - 1] = (void *)rt_iterate_symbols;
	core->slot[CORE_hsa_executable_symbol_get_info - 1] = (void *)rt_symbol_get_info;
	amd_set(AMD_hsa_amd_signal_create, (void *)rt_amd_signal_create);
	amd_set(AMD_hsa_amd_profiling_set_profiler_enabled, (void *)rt_set_profiler_enabled);
	amd_set(AMD_hsa_amd_profiling_get_dispatch_time, (void *)rt_get_dispatch_time);
	root.core = core;
	root.amd_ext = amd;
	assert_true(OnLoad(&root, 1, 0, NULL));

	memset(&hw, 0, sizeof(hw));
	hw.q.hsa_queue.type = HSA_QUEUE_TYPE_MULTI;
	hw.q.hsa_queue.size = RING_PKTS;
	hw.q.hsa_queue.id = 9;
	hw.q.hsa_queue.base_address = hw.slots;
	hw.q.hsa_queue.doorbell_signal.handle = (uint64_t)(uintptr_t)&hw.doorbell;
	hw.doorbell.kind = AMD_SIGNAL_KIND_DOORBELL;
	hw.doorbell.queue_ptr = (void *)&hw.q;
	for (unsigned i = 0; i < RING_PKTS; i++)
		hw.slots[i].header = AQL_PACKET_INVALID;
	((queue_create_fn)core->slot[CORE_hsa_queue_create - 1])(
		(hsa_agent_t){1}, RING_PKTS, HSA_QUEUE_TYPE_MULTI, NULL, NULL, 0, 0, &queue);
	vq = vqueue_find((uintptr_t)queue);
	assert_non_null(vq);
	((executable_freeze_fn)core->slot[CORE_hsa_executable_freeze - 1])((hsa_executable_t){7}, NULL);
	return 0;
}

static int teardown(void **state)
{
	((queue_fn)core->slot[CORE_hsa_queue_destroy - 1])(queue);
	((executable_destroy_fn)core->slot[CORE_hsa_executable_destroy - 1])((hsa_executable_t){7});
	OnUnload();
	return 0;
}

/* ---- program and packet processor ---- */

static _Atomic uint64_t *dev_read(void)
{
	return (_Atomic uint64_t *)&hw.q.read_dispatch_id;
}

static void submit(void)
{
	uint64_t kernel = KERNEL, index = ((add_index_fn)core->slot[CORE_hsa_queue_add_write_index_screlease - 1])(queue, 1);
	struct aql_packet *slot = &hw.slots[index % RING_PKTS];

	while (index - atomic_load(dev_read()) >= RING_PKTS)
		sched_yield();
	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	memcpy((char *)slot + 32, &kernel, sizeof(kernel));
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_DISPATCH | AQL_HEADER_BARRIER_BIT, memory_order_release);
	((signal_store_fn)core->slot[CORE_hsa_signal_store_screlease - 1])(
		queue->doorbell_signal, (hsa_signal_value_t)index);
}

/* Take the next packet, if there is one; it runs for a microsecond behind the one before. */
static bool take_one(void)
{
	uint64_t index = atomic_load(dev_read());
	struct aql_packet *slot = &hw.slots[index % RING_PKTS];

	if (index == atomic_load((_Atomic uint64_t *)&hw.q.write_dispatch_id) ||
		(atomic_load((_Atomic uint16_t *)&slot->header) & 0xff) == AQL_PACKET_INVALID)
		return false;
	amd_signal_t *s = (amd_signal_t *)(uintptr_t)__atomic_load_n(&slot->completion_signal, __ATOMIC_RELAXED);
	if (s) {
		uint64_t now = pacer_now_ns() - 1000000000;

		s->start_ts = now > gpu_ts ? now : gpu_ts;
		s->end_ts = gpu_ts = s->start_ts + 1000;
		atomic_fetch_sub((_Atomic int64_t *)&s->value, 1);
	}
	atomic_store((_Atomic uint16_t *)&slot->header, AQL_PACKET_INVALID);
	atomic_store(dev_read(), index + 1);
	return true;
}

static void take(uint64_t count)
{
	while (count)
		if (take_one())
			count--;
		else
			sched_yield();
}

static void *processor(void *arg)
{
	while (!atomic_load(&processor_ends))
		if (!take_one())
			sched_yield();
	return NULL;
}

static void processor_start(pthread_t *thread)
{
	atomic_store(&processor_ends, false);
	assert_int_equal(pthread_create(thread, NULL, processor, NULL), 0);
}

static void processor_stop(pthread_t thread)
{
	atomic_store(&processor_ends, true);
	pthread_join(thread, NULL);
}

/* ---- the trace ---- */

static int memory(void)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Start a trace into @fd, which stays ours. */
static void start(int fd)
{
	assert_int_equal(trace_start_fd(dup(fd)), 0);
}

static char *content(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void assert_complete(const char *text)
{
	assert_int_equal(strncmp(text, "[\n", 2), 0);
	assert_non_null(strstr(text, "trace ends"));
	assert_string_equal(text + strlen(text) - 3, "\n]\n");
}

/* What is written to standard error until said_end(). */
static int said_before;
static FILE *said_file;

static void said_begin(void)
{
	said_file = tmpfile();
	said_before = dup(STDERR_FILENO);
	dup2(fileno(said_file), STDERR_FILENO);
}

static char *said_end(void)
{
	dup2(said_before, STDERR_FILENO);
	close(said_before);
	return content(dup(fileno(said_file)));
}

static void a_trace_may_begin_and_end_while_the_queue_runs(void **state)
{
	int fd = memory();

	submit();
	take(1);
	start(fd);
	for (int i = 0; i < 3; i++)
		submit();
	take(3);
	trace_stop();
	submit();
	take(1);
	char *text = content(fd);
	assert_complete(text);
	assert_int_equal(count(text, "\"name\":\"thread_name\",\"args\":{\"name\":\"queue 9 on node 4\"}"), 1);
	/* Neither what was before nor what came after. */
	assert_int_equal(count(text, "\"ph\":\"X\""), 3);
	assert_int_equal(count(text, "\"name\":\"kernel\\\"7\""), 3);
	assert_int_equal(count(text, "\"dur\":1.000"), 3);
	assert_int_equal(count(text, "\"ph\":\"b\",\"cat\":\"in flight\""), 3);
	assert_int_equal(count(text, "\"cat\":\"decision\""), 1);
	assert_true(count(text, "\"ph\":\"C\"") >= 2);
	/* Nothing stays in the packets' way. */
	assert_int_equal(gate_mode_now(&vq->gate), GATE_BYPASS);
	free(text);
}

static void spans_are_on_the_clock_of_the_machine(void **state)
{
	uint64_t before_ns = pacer_now_ns();
	double at_us;
	int fd = memory();

	start(fd);
	submit();
	take(1);
	trace_stop();
	uint64_t after_ns = pacer_now_ns();
	char *text = content(fd);
	const char *running = strstr(text, "\"ph\":\"X\"");
	assert_non_null(running);
	assert_int_equal(sscanf(strstr(running, "\"ts\":"), "\"ts\":%lf", &at_us), 1);
	/* Clocks are compared by reading one after the other, in between which a busy machine may do something else. */
	assert_true(at_us * 1000 > (double)before_ns - 5e8);
	assert_true(at_us * 1000 < (double)after_ns + 5e8);
	free(text);
}

static void packets_that_waited_behind_the_gate_are_a_held_span(void **state)
{
	int fd = memory();

	start(fd);
	gate_close(&vq->gate);
	submit();
	submit();
	gate_open(&vq->gate);
	take(2);
	trace_stop();
	char *text = content(fd);
	assert_int_equal(count(text, "\"name\":\"queue 9 held\""), 2);
	assert_non_null(strstr(text, "\"args\":{\"packets\":2}}"));
	free(text);
}

static void what_is_held_when_the_trace_ends_is_shown_until_then(void **state)
{
	int fd = memory();

	start(fd);
	gate_close(&vq->gate);
	submit();
	trace_stop();
	char *text = content(fd);
	assert_int_equal(count(text, "\"name\":\"queue 9 held\""), 2);
	free(text);
	gate_open(&vq->gate);
	take(1);
}

static void a_traced_queue_has_no_more_in_flight_than_signals(void **state)
{
	int fd = memory();

	start(fd);
	/* Without the pacer's looks, of which one lets another packet in when nothing has gone on for long. */
	squeue_lock();
	for (unsigned i = 0; i < RING_PKTS; i++)
		submit();
	uint64_t published = atomic_load((_Atomic uint64_t *)&hw.q.write_dispatch_id);
	squeue_unlock();
	assert_int_equal(published, TRACK_FLIGHT);
	take(RING_PKTS);
	trace_stop();
	char *text = content(fd);
	/* Such a packet has no signal. */
	assert_int_equal(count(text, "\"ph\":\"X\"") + count(text, "\"end\":\"seen\""), RING_PKTS);
	free(text);
}

static void there_is_one_trace_at_a_time(void **state)
{
	int first = memory(), second = memory();

	trace_stop();
	start(first);
	assert_int_equal(trace_start_fd(second), -EBUSY);
	/* Still the caller's. */
	assert_true(fcntl(second, F_GETFD) >= 0);
	assert_int_equal(trace_stop(), 0);
	assert_int_equal(trace_stop(), 0);
	start(second);
	submit();
	take(1);
	trace_stop();
	char *text = content(first);
	assert_complete(text);
	assert_int_equal(count(text, "\"ph\":\"X\""), 0);
	free(text);
	text = content(second);
	assert_complete(text);
	assert_int_equal(count(text, "\"ph\":\"X\""), 1);
	free(text);
}

static void a_file_is_emptied_once_its_trace_is_accepted(void **state)
{
	static const char old[] = "what was there before";
	int fd = memory(), other = memory();
	char before[sizeof(old)];

	assert_int_equal(pwrite(fd, old, sizeof(old), 0), sizeof(old));
	/* Farther than the trace will reach. */
	assert_int_equal(pwrite(fd, old, sizeof(old), 1 << 20), sizeof(old));
	start(other);
	assert_int_equal(trace_start_fd(fd), -EBUSY);
	trace_stop();
	assert_int_equal(pread(fd, before, sizeof(before), 0), sizeof(before));
	assert_string_equal(before, old);
	start(fd);
	trace_stop();
	assert_true(lseek(fd, 0, SEEK_END) < 1 << 20);
	char *text = content(fd);
	assert_complete(text);
	free(text);
	close(other);
}

static void a_descriptor_that_cannot_be_written_is_refused(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(trace_start_fd(-1), -EBADF);
	assert_int_equal(trace_start_fd(fd), -EBADF);
	close(fd);
}

static void another_trace_may_follow(void)
{
	int fd = memory();

	start(fd);
	submit();
	take(1);
	trace_stop();
	char *text = content(fd);
	assert_complete(text);
	assert_int_equal(count(text, "\"ph\":\"X\""), 1);
	free(text);
}

static void refused_for(int fd, int error)
{
	said_begin();
	assert_int_equal(trace_start_fd(fd), -error);
	/* Who asked has been told. */
	char *said = said_end();
	assert_string_equal(said, "");
	free(said);
	/* Still the caller's. */
	assert_int_equal(close(fd), 0);
	/* The queue has been freed. */
	assert_int_equal(gate_mode_now(&vq->gate), GATE_BYPASS);
	another_trace_may_follow();
}

static void a_trace_whose_beginning_cannot_be_written_is_refused(void **state)
{
	int ends[2];

	refused_for(open("/dev/full", O_WRONLY | O_CLOEXEC), ENOSPC);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	refused_for(ends[1], EPIPE);
}

/* The trace into @fd fails from here on. */
static void fails(int fd, int error)
{
	submit();
	take(1);
	/* The writer frees the queue without being asked. */
	while (gate_mode_now(&vq->gate) != GATE_BYPASS)
		sched_yield();
	submit();
	take(1);
	assert_int_equal(trace_stop(), -error);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	char *said = said_end();
	assert_int_equal(count(said, "\n"), 1);
	assert_non_null(strstr(said, strerror(error)));
	free(said);
	another_trace_may_follow();
}

static void a_file_that_fails_later_ends_the_trace_with_one_warning(void **state)
{
	int fd = memfd_create("trace", MFD_CLOEXEC | MFD_ALLOW_SEALING), traced = dup(fd);

	said_begin();
	assert_int_equal(trace_start_fd(traced), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	fails(traced, EPERM);
	close(fd);
}

static void a_closed_pipe_ends_the_trace_and_not_the_program(void **state)
{
	int ends[2];

	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	said_begin();
	assert_int_equal(trace_start_fd(ends[1]), 0);
	close(ends[0]);
	fails(ends[1], EPIPE);
}

static void a_trace_whose_reader_is_slow_has_begun(void **state)
{
	char bytes[4096] = "";
	int ends[2];

	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	said_begin();
	assert_int_equal(trace_start_fd(ends[1]), 0);
	assert_int_equal(trace_start_fd(ends[1]), -EBUSY);
	close(ends[0]);
	fails(ends[1], EPIPE);
}

static void *read_all(void *arg)
{
	size_t used = 0, room = 1 << 16;
	char *text = malloc(room);
	ssize_t n;

	while ((n = read(*(int *)arg, text + used, room - used - 1)) > 0) {
		used += (size_t)n;
		if (room - used < 4096)
			text = realloc(text, room *= 2);
	}
	text[used] = 0;
	return text;
}

static void who_reads_slowly_loses_records_and_is_told(void **state)
{
	pthread_t gpu, reader;
	char *text;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(trace_start_fd(ends[1]), 0);
	processor_start(&gpu);
	/* Each packet leaves a record, and the pipe and the trail together hold a few thousand. */
	for (unsigned i = 0; i < 40000; i++)
		submit();
	assert_int_equal(pthread_create(&reader, NULL, read_all, &ends[0]), 0);
	trace_stop();
	pthread_join(reader, (void **)&text);
	processor_stop(gpu);
	assert_complete(text);
	assert_true(count(text, "\"name\":\"records lost\"") >= 1);
	assert_null(strstr(text, "\"records_lost\":0}"));
	free(text);
	close(ends[0]);
}

static void a_forked_child_does_not_trace(void **state)
{
	int fd = memory(), traced = dup(fd), status;

	assert_int_equal(trace_start_fd(traced), 0);
	submit();
	pid_t child = fork();
	if (child == 0) {
		alarm(20);
		trace_stop();
		_exit(fcntl(traced, F_GETFD) < 0 && errno == EBADF ? 7 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	take(1);
	trace_stop();
	char *text = content(fd);
	assert_complete(text);
	assert_int_equal(count(text, "\"ph\":\"X\""), 1);
	free(text);
}

static void starting_and_stopping_beside_a_busy_queue_loses_no_packet(void **state)
{
	pthread_t gpu;

	processor_start(&gpu);
	for (int i = 0; i < 50; i++) {
		int fd = memory();

		start(fd);
		for (int n = 0; n < 200; n++)
			submit();
		trace_stop();
		for (int n = 0; n < 20; n++)
			submit();
		char *text = content(fd);
		assert_complete(text);
		free(text);
	}
	while (atomic_load(dev_read()) < 50 * 220)
		sched_yield();
	processor_stop(gpu);
}

static void a_kernel_of_another_executable_at_the_same_address_has_its_own_name(void **state)
{
	const executable_freeze_fn freeze = (executable_freeze_fn)core->slot[CORE_hsa_executable_freeze - 1];
	const executable_destroy_fn destroy = (executable_destroy_fn)core->slot[CORE_hsa_executable_destroy - 1];

	assert_int_equal(freeze((hsa_executable_t){0}, NULL), HSA_STATUS_ERROR);
	kernel_names_use(true);
	/* Its packets may not be written yet. */
	destroy((hsa_executable_t){7});
	const char *before = kernel_name(KERNEL);
	assert_string_equal(before, "kernel\"7");
	assert_null(kernel_name(KERNEL + 64));
	freeze((hsa_executable_t){8}, NULL);
	assert_string_equal(kernel_name(KERNEL), "kernel\"8");
	/* Whoever has the other one may still be writing it. */
	assert_string_equal(before, "kernel\"7");
	kernel_names_use(false);
	/* Nobody wants names: the executable is not asked, and its kernels are forgotten. */
	freeze((hsa_executable_t){9}, NULL);
	destroy((hsa_executable_t){9});
	destroy((hsa_executable_t){8});
	kernel_names_use(true);
	assert_null(kernel_name(KERNEL));
	kernel_names_use(false);
}

int main(void)
{
	alarm(300);
	unsetenv("XSCHED_HSA_TRACE");
	/* It says what it misses on this machine, and lines are counted here. */
	setenv("XSCHED_HSA_LV3", "off", 1);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_trace_may_begin_and_end_while_the_queue_runs),
		TEST(spans_are_on_the_clock_of_the_machine),
		TEST(packets_that_waited_behind_the_gate_are_a_held_span),
		TEST(what_is_held_when_the_trace_ends_is_shown_until_then),
		TEST(a_traced_queue_has_no_more_in_flight_than_signals),
		TEST(there_is_one_trace_at_a_time),
		TEST(a_file_is_emptied_once_its_trace_is_accepted),
		TEST(a_descriptor_that_cannot_be_written_is_refused),
		TEST(a_trace_whose_beginning_cannot_be_written_is_refused),
		TEST(a_file_that_fails_later_ends_the_trace_with_one_warning),
		TEST(a_trace_whose_reader_is_slow_has_begun),
		TEST(a_closed_pipe_ends_the_trace_and_not_the_program),
		TEST(who_reads_slowly_loses_records_and_is_told),
		TEST(a_forked_child_does_not_trace),
		TEST(starting_and_stopping_beside_a_busy_queue_loses_no_packet),
		TEST(a_kernel_of_another_executable_at_the_same_address_has_its_own_name),
	};
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
