/* SPDX-License-Identifier: MIT */
/*
 * Host functions in a stream: hipStreamAddCallback and hipLaunchHostFunc run after what precedes
 * them and before what follows. Kernels and host functions append to one record in pinned memory.
 */
#include "busy.h"
#include "check.h"

#define ENTRIES 64

struct record {
	volatile unsigned length;
	volatile unsigned name[ENTRIES];
};

__global__ static void append_kernel(struct record *record, unsigned name, uint64_t cycles)
{
	busy_wait(cycles);
	unsigned at = record->length;
	record->name[at] = name;
	__threadfence_system();
	record->length = at + 1;
	__threadfence_system();
}

struct note {
	struct record *record;
	unsigned name;
	hipError_t status;
};

static void append_host(void *data)
{
	struct note *note = (struct note *)data;
	unsigned at = note->record->length;
	note->record->name[at] = note->name;
	note->record->length = at + 1;
}

static void append_callback(hipStream_t stream, hipError_t status, void *data)
{
	((struct note *)data)->status = status;
	append_host(data);
}

static struct record *record_new(void)
{
	struct record *record;
	hip_ok(hipHostMalloc(
		(void **)&record, sizeof(*record), hipHostMallocMapped | hipHostMallocCoherent));
	memset((void *)record, 0xff, sizeof(*record));
	record->length = 0;
	return record;
}

static void record_is_in_order(struct record *record, unsigned length)
{
	same((unsigned)record->length, length);
	for (unsigned i = 0; i < length; i++)
		same((unsigned)record->name[i], i);
	hip_ok(hipHostFree(record));
}

static void host_functions_run_between_kernels(void **state)
{
	need_host_functions();
	struct record *record = record_new();
	struct note notes[ENTRIES / 2];
	hipStream_t stream;
	hip_ok(hipStreamCreate(&stream));
	for (unsigned i = 0; i < ENTRIES / 2; i++) {
		append_kernel<<<1, 1, 0, stream>>>(record, 2 * i, i % 4 == 0 ? 100000 : 100);
		launch_ok();
		notes[i].record = record;
		notes[i].name = 2 * i + 1;
		hip_ok(hipLaunchHostFunc(stream, append_host, &notes[i]));
	}
	hip_ok(hipStreamSynchronize(stream));
	record_is_in_order(record, ENTRIES);
	hip_ok(hipStreamDestroy(stream));
}

static void callbacks_run_between_kernels_and_get_the_status(void **state)
{
	struct record *record = record_new();
	struct note notes[ENTRIES / 4];
	hipStream_t stream;
	hip_ok(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking));
	for (unsigned i = 0; i < ENTRIES / 4; i++) {
		append_kernel<<<1, 1, 0, stream>>>(record, 2 * i, 50000);
		launch_ok();
		notes[i].record = record;
		notes[i].name = 2 * i + 1;
		notes[i].status = hipErrorUnknown;
		hip_ok(hipStreamAddCallback(stream, append_callback, &notes[i], 0));
	}
	hip_ok(hipStreamSynchronize(stream));
	for (unsigned i = 0; i < ENTRIES / 4; i++)
		same((int)notes[i].status, (int)hipSuccess);
	record_is_in_order(record, ENTRIES / 2);
	hip_ok(hipStreamDestroy(stream));
}

static void host_functions_of_the_default_stream_keep_order(void **state)
{
	need_host_functions();
	struct record *record = record_new();
	struct note notes[10];
	for (unsigned i = 0; i < 10; i++) {
		append_kernel<<<1, 1>>>(record, 2 * i, 30000);
		launch_ok();
		notes[i].record = record;
		notes[i].name = 2 * i + 1;
		hip_ok(hipLaunchHostFunc(NULL, append_host, &notes[i]));
	}
	hip_ok(hipDeviceSynchronize());
	record_is_in_order(record, 20);
}

static void an_event_behind_a_callback_waits_for_it(void **state)
{
	struct record *record = record_new();
	struct note note = {record, 1, hipSuccess};
	hipStream_t first, second;
	hipEvent_t event;
	hip_ok(hipStreamCreateWithFlags(&first, hipStreamNonBlocking));
	hip_ok(hipStreamCreateWithFlags(&second, hipStreamNonBlocking));
	hip_ok(hipEventCreateWithFlags(&event, hipEventDisableTiming));
	append_kernel<<<1, 1, 0, first>>>(record, 0, 500000);
	launch_ok();
	hip_ok(hipStreamAddCallback(first, append_callback, &note, 0));
	hip_ok(hipEventRecord(event, first));
	hip_ok(hipStreamWaitEvent(second, event, 0));
	append_kernel<<<1, 1, 0, second>>>(record, 2, 0);
	launch_ok();
	hip_ok(hipStreamSynchronize(second));
	record_is_in_order(record, 3);
	hip_ok(hipEventDestroy(event));
	hip_ok(hipStreamDestroy(first));
	hip_ok(hipStreamDestroy(second));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_functions_run_between_kernels),
		cmocka_unit_test(callbacks_run_between_kernels_and_get_the_status),
		cmocka_unit_test(host_functions_of_the_default_stream_keep_order),
		cmocka_unit_test(an_event_behind_a_callback_waits_for_it),
	};
	return hip_test_main(tests);
}
