/* SPDX-License-Identifier: MIT */
/*
 * Level 3 under ROCr: queues are found by the ioctls that create them, suspended in the middle of a kernel, and resumed. Right on any
 * GPU whose driver saves waves; run by lv3.sh on simulated ones of many kinds.
 */
#include "tests/int/cwsr/lv3.h"

#include <time.h>

#include "src/cwsr/kfd_ops.h"

static void nap_us(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static const struct cwsr_ops ops = {.done = lane_done,
	.test_open = test_open,
	.test_submit = test_submit,
	.test_done = test_done,
	.test_close = test_close};

static int setup(void **state)
{
	lv3_config();
	return lv3_setup(&ops);
}

static int teardown(void **state)
{
	cwsr_stop();
	return gpu_teardown(state);
}

/* Stands still between two looks. */
static bool still(const struct arguments *a)
{
	uint32_t at = atomic_load(a->progress);

	nap_us(300);
	return atomic_load(a->progress) == at;
}

static void the_self_test_passes_and_the_cost_is_known(void **state)
{
	struct cwsr_gpu_info info;
	struct lane l;

	lane_open(&l, 0);
	assert_non_null(l.cwsr);
	assert_int_equal(lane_ask(&l, true), 0);
	assert_int_equal(lane_ask(&l, false), 0);
	assert_int_equal(cwsr_gpu_info_get(cwsr_queue_gpu(l.cwsr), &info), 0);
	assert_true(info.usable && info.tested);
	assert_int_equal(info.debug, by_debug && info.kfd_minor >= 13);
	assert_true(cwsr_cost_ns(l.cwsr) > 0 && cwsr_cost_ns(l.cwsr) < UINT64_MAX);
	print_message("GPU %u, KFD 1.%u%s: suspending P50 %u us, resuming P50 %u us\n", info.gpu_id, info.kfd_minor,
		info.debug ? ", debug interface" : "", (unsigned)(info.suspend.p50_ns / 1000),
		(unsigned)(info.resume.p50_ns / 1000));
	lane_close(&l);
}

static void the_counter_of_resets_can_be_read(void **state)
{
	struct kfd_ioctl_get_version_args version = {0};
	uint32_t lost = UINT32_MAX;
	int fd = kfd_ops_kernel.open(NULL), render = kfd_ops_kernel.open_render(NULL, 128);

	assert_true(fd >= 0);
	assert_int_equal(kfd_ops_kernel.get_version(NULL, fd, &version), 0);
	assert_int_equal(version.major_version, 1);
	kfd_ops_kernel.close(NULL, fd);
	if (render < 0) {
		print_message("no /dev/dri/renderD128\n");
		skip();
	}
	assert_int_equal(kfd_ops_kernel.vram_lost(NULL, render, &lost), 0);
	assert_int_not_equal(lost, UINT32_MAX);
	kfd_ops_kernel.close(NULL, render);
}

static void a_kernel_suspended_a_thousand_times_counts_right(void **state)
{
	struct arguments *a = arguments_new(40);
	struct cwsr_gpu_info before, after;
	hsa_signal_t done = signal_new(1);
	uint32_t launches = 1, in_the_middle = 0, seed = 1;
	struct lane l;

	lane_open(&l, 0);
	assert_non_null(l.cwsr);
	assert_int_equal(lane_ask(&l, false), 0);
	cwsr_gpu_info_get(cwsr_queue_gpu(l.cwsr), &before);
	lane_start(&l, gpus[0].generate, a, done);
	for (int i = 0; i < 1000; i++) {
		if (hsa_signal_load_scacquire(done) < 1) {
			hsa_signal_store_relaxed(done, 1);
			lane_start(&l, gpus[0].generate, a, done);
			launches++;
		}
		seed = seed * 1103515245 + 12345;
		for (uint32_t n = seed >> 16 & 0xfff; n; n--)
			__asm__ volatile("");
		assert_int_equal(lane_ask(&l, true), 0);
		assert_int_equal(atomic_load(&l.suspended), 1);
		uint32_t at = atomic_load(a->progress);
		in_the_middle += hsa_signal_load_scacquire(done) == 1 && at % (a->rounds * GROUPS);
		if (i % 100 == 0)
			assert_true(still(a));
		assert_int_equal(lane_ask(&l, false), 0);
	}
	signal_wait_below(done, 1);
	check_generated(a, launches);
	cwsr_gpu_info_get(cwsr_queue_gpu(l.cwsr), &after);
	assert_int_equal(after.suspend_calls - before.suspend_calls, 1000);
	assert_int_equal(after.resume_calls - before.resume_calls, 1000);
	print_message("%u launches, %u of 1000 stops in the middle of one\n", launches, in_the_middle);
	assert_true(in_the_middle > 0);
	lane_close(&l);
	hsa_signal_destroy(done);
	arguments_free(a);
}

static void a_kernel_that_never_ends_makes_way_for_another_queue(void **state)
{
	struct arguments *a = arguments_new(0), *b = arguments_new(20);
	hsa_signal_t ended = signal_new(1), done = signal_new(1);
	struct lane victim, urgent;

	lane_open(&victim, 0);
	lane_open(&urgent, 0);
	lane_start(&victim, gpus[0].endless, a, ended);
	wait_progress(a);
	assert_int_equal(lane_ask(&victim, true), 0);
	uint32_t at = atomic_load(a->progress);
	lane_start(&urgent, gpus[0].generate, b, done);
	signal_wait_below(done, 1);
	check_generated(b, 1);
	assert_int_equal(atomic_load(a->progress), at);
	assert_int_equal(lane_ask(&victim, false), 0);
	while (atomic_load(a->progress) == at)
		;
	assert_int_equal(hsa_signal_load_scacquire(ended), 1);
	atomic_store(a->out, 1);
	signal_wait_below(ended, 1);
	lane_close(&victim);
	lane_close(&urgent);
	hsa_signal_destroy(ended);
	hsa_signal_destroy(done);
	arguments_free(a);
	arguments_free(b);
}

static void doorbells_rung_meanwhile_are_served_on_resume(void **state)
{
	struct arguments *a = arguments_new(3);
	hsa_signal_t done = signal_new(101);
	struct lane l;

	lane_open(&l, 0);
	assert_int_equal(lane_ask(&l, true), 0);
	lane_start(&l, gpus[0].generate, a, done);
	for (int i = 0; i < 100; i++)
		barrier_put(l.q, HSA_PACKET_TYPE_BARRIER_AND, no_signal, no_signal, done);
	assert_true(still(a));
	assert_int_equal(hsa_signal_load_scacquire(done), 101);
	assert_int_equal(lane_ask(&l, false), 0);
	signal_wait_below(done, 1);
	check_generated(a, 1);
	lane_close(&l);
	hsa_signal_destroy(done);
	arguments_free(a);
}

/* ROCr then looks for memory that it can do without, from 6.4 on that of queues that run too. */
static void memory_that_is_not_there_is_not_waited_for(void **state)
{
	struct arguments *a = arguments_new(0);
	hsa_signal_t ended = signal_new(1);
	void *parts[8] = {NULL};
	struct lane l;
	size_t bytes;

	OK(hsa_amd_memory_pool_get_info(dev.vram, HSA_AMD_MEMORY_POOL_INFO_SIZE, &bytes));
	bytes = bytes / 5 * 2 / 4096 * 4096;
	lane_open(&l, 0);
	lane_start(&l, gpus[0].endless, a, ended);
	wait_progress(a);
	assert_int_equal(lane_ask(&l, true), 0);
	int i = 0;
	while (i < 8 && hsa_amd_memory_pool_allocate(dev.vram, bytes, 0, &parts[i]) == HSA_STATUS_SUCCESS)
		i++;
	/* At most two fit. */
	assert_true(i <= 2);
	while (i--)
		OK(hsa_amd_memory_pool_free(parts[i]));
	lane_ask(&l, false);
	atomic_store(a->out, 1);
	signal_wait_below(ended, 1);
	lane_close(&l);
	hsa_signal_destroy(ended);
	arguments_free(a);
}

static void several_queues_are_suspended_together(void **state)
{
	struct arguments *a[3];
	hsa_signal_t done[3];
	struct lane l[3];
	uint32_t seen[3], at[3];

	for (int i = 0; i < 3; i++) {
		a[i] = arguments_new(0);
		done[i] = signal_new(1);
		lane_open(&l[i], 0);
		lane_start(&l[i], gpus[0].endless, a[i], done[i]);
		wait_progress(a[i]);
	}
	for (int i = 0; i < 3; i++) {
		seen[i] = atomic_load(&l[i].answers);
		assert_int_equal(cwsr_request(l[i].cwsr, true), 0);
	}
	for (int i = 0; i < 3; i++) {
		lane_wait(&l[i], seen[i]);
		assert_int_equal(atomic_load(&l[i].suspended), 1);
	}
	for (int i = 0; i < 3; i++)
		at[i] = atomic_load(a[i]->progress);
	nap_us(300);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(atomic_load(a[i]->progress), at[i]);
		atomic_store(a[i]->out, 1);
		cwsr_request(l[i].cwsr, false);
	}
	for (int i = 0; i < 3; i++) {
		signal_wait_below(done[i], 1);
		lane_close(&l[i]);
		hsa_signal_destroy(done[i]);
		arguments_free(a[i]);
	}
}

static void priorities_and_masks_set_meanwhile_do_not_wake_it(void **state)
{
	struct arguments *a = arguments_new(0);
	hsa_signal_t done = signal_new(1);
	uint32_t mask[4] = {0xff, 0, 0, 0};
	struct lane l;

	lane_open(&l, 0);
	lane_start(&l, gpus[0].endless, a, done);
	wait_progress(a);
	assert_int_equal(lane_ask(&l, true), 0);
	/* ROCr writes the percentage 100 with a priority. */
	OK(hsa_amd_queue_set_priority(l.q, HSA_AMD_QUEUE_PRIORITY_HIGH));
	assert_true(still(a));
	OK(hsa_amd_queue_cu_set_mask(l.q, 32, mask));
	assert_true(still(a));
	uint32_t at = atomic_load(a->progress);
	assert_int_equal(lane_ask(&l, false), 0);
	while (atomic_load(a->progress) == at)
		;
	atomic_store(a->out, 1);
	signal_wait_below(done, 1);
	lane_close(&l);
	hsa_signal_destroy(done);
	arguments_free(a);
}

/* @forget: as the tool library does before it passes the call on; otherwise as whoever it does not see. */
static void destroy_suspended(bool forget)
{
	struct arguments *a = arguments_new(0);
	hsa_signal_t done = signal_new(1);
	struct lane l;

	lane_open(&l, 0);
	lane_start(&l, gpus[0].endless, a, done);
	wait_progress(a);
	assert_int_equal(lane_ask(&l, true), 0);
	uint32_t seen = atomic_load(&l.answers);
	if (forget) {
		lane_close(&l);
	} else {
		OK(hsa_queue_destroy(l.q));
		lane_wait(&l, seen);
		assert_int_equal(atomic_load(&l.error), -ESRCH);
		cwsr_queue_forget(l.cwsr);
	}
	assert_true(still(a));
	assert_int_equal(hsa_signal_load_scacquire(done), 1);
	hsa_signal_destroy(done);
	arguments_free(a);
}

static void a_suspended_queue_can_be_destroyed(void **state)
{
	destroy_suspended(true);
	destroy_suspended(false);
}

static void of_two_gpus_one_is_suspended(void **state)
{
	struct arguments *a = arguments_new(0), *b = arguments_new(20);
	hsa_signal_t ended = signal_new(1), done = signal_new(1);
	struct lane l[2];

	if (gpu_count < 2) {
		print_message("one GPU\n");
		skip();
	}
	lane_open(&l[0], 0);
	lane_open(&l[1], 1);
	assert_int_not_equal(cwsr_queue_gpu(l[0].cwsr), cwsr_queue_gpu(l[1].cwsr));
	lane_start(&l[0], gpus[0].endless, a, ended);
	wait_progress(a);
	assert_int_equal(lane_ask(&l[0], true), 0);
	assert_int_equal(lane_ask(&l[1], true), 0);
	assert_int_equal(lane_ask(&l[1], false), 0);
	uint32_t at = atomic_load(a->progress);
	lane_start(&l[1], gpus[1].generate, b, done);
	signal_wait_below(done, 1);
	check_generated(b, 1);
	assert_int_equal(atomic_load(a->progress), at);
	atomic_store(a->out, 1);
	assert_int_equal(lane_ask(&l[0], false), 0);
	signal_wait_below(ended, 1);
	for (int i = 0; i < 2; i++)
		lane_close(&l[i]);
	hsa_signal_destroy(ended);
	hsa_signal_destroy(done);
	arguments_free(a);
	arguments_free(b);
}

static void a_queue_whose_creation_was_not_seen_is_found(void **state)
{
	struct arguments *a = arguments_new(0);
	hsa_signal_t done = signal_new(1);
	struct lane l = {.gpu = 0};

	/* As if the library had come too late. */
	cwsr_stop();
	OK(hsa_queue_create(gpus[0].agent, 256, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &l.q));
	assert_int_equal(cwsr_start(lv3_config(), &ops), 0);
	l.cwsr = cwsr_queue_track(l.q->base_address, l.q->size * 64, &l);
	if (!l.cwsr) {
		/* Before 1.13 there is no snapshot, and sysfs does not tell whether waves are saved. */
		print_message("not found\n");
		OK(hsa_queue_destroy(l.q));
		skip();
	}
	lane_start(&l, gpus[0].endless, a, done);
	wait_progress(a);
	assert_int_equal(lane_ask(&l, true), 0);
	assert_true(still(a));
	OK(hsa_amd_queue_set_priority(l.q, HSA_AMD_QUEUE_PRIORITY_HIGH));
	assert_true(still(a));
	atomic_store(a->out, 1);
	assert_int_equal(lane_ask(&l, false), 0);
	signal_wait_below(done, 1);
	lane_close(&l);
	hsa_signal_destroy(done);
	arguments_free(a);
}

static void stopping_lets_a_suspended_queue_go_on(void **state)
{
	struct arguments *a = arguments_new(0);
	hsa_signal_t done = signal_new(1);
	struct lane l;

	lane_open(&l, 0);
	lane_start(&l, gpus[0].endless, a, done);
	wait_progress(a);
	assert_int_equal(lane_ask(&l, true), 0);
	uint32_t at = atomic_load(a->progress);
	cwsr_stop();
	while (atomic_load(a->progress) == at)
		;
	atomic_store(a->out, 1);
	signal_wait_below(done, 1);
	assert_int_equal(cwsr_start(lv3_config(), &ops), 0);
	lane_close(&l);
	hsa_signal_destroy(done);
	arguments_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_self_test_passes_and_the_cost_is_known),
		cmocka_unit_test(the_counter_of_resets_can_be_read),
		cmocka_unit_test(a_kernel_suspended_a_thousand_times_counts_right),
		cmocka_unit_test(a_kernel_that_never_ends_makes_way_for_another_queue),
		cmocka_unit_test(doorbells_rung_meanwhile_are_served_on_resume),
		cmocka_unit_test(memory_that_is_not_there_is_not_waited_for),
		cmocka_unit_test(several_queues_are_suspended_together),
		cmocka_unit_test(priorities_and_masks_set_meanwhile_do_not_wake_it),
		cmocka_unit_test(a_suspended_queue_can_be_destroyed),
		cmocka_unit_test(of_two_gpus_one_is_suspended),
		cmocka_unit_test(stopping_lets_a_suspended_queue_go_on),
		cmocka_unit_test(a_queue_whose_creation_was_not_seen_is_found),
	};

	/* One group alone takes long enough; a process for each kind of GPU. */
	return cmocka_run_group_tests(tests, setup, teardown);
}
