/* SPDX-License-Identifier: MIT */
/*
 * Processes that share a GPU: what each gets is asserted in model time, on a clock that waits for all
 * engines, so how the host schedules them does not matter. Each process of a test is a child with
 * its own engine; the machine's name is the test's own.
 */
#include "tests/unit/cp_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/device/device.h"
#include "sim/kfd/event.h"
#include "sim/share/share.h"
#include "tests/unit/cp_clock.h"

#define SLOTS	     16 /* waves that the two CUs of the stand-in's device take by default */
#define GROUP_MS     1
#define MAX_CHILDREN 72

/* Between the test and its children. */
struct board {
	_Atomic uint32_t ready, go;
	_Atomic uint64_t began_ns[MAX_CHILDREN], ended_ns[MAX_CHILDREN];
	_Atomic uint32_t groups[MAX_CHILDREN];
	_Atomic uint64_t cycles; /* of the scheduler, when the last kernel was seen to have ended */
};
static struct board *board;
static uint32_t slots = SLOTS; /* of the present test */

/* What a child does on its queue. */
struct work {
	unsigned index;
	unsigned queues;   /* that do the same */
	uint32_t priority; /* of KFD */
	uint32_t groups;   /* of GROUP_MS each; 0: for ever */
	uint32_t kernels;  /* of so many groups, one behind the other; 0: 1 */
	uint32_t waves;	   /* per group */
	uint32_t vgprs;	   /* per wave; 0: few */
	uint32_t lds_bytes;
};

static struct fake_kernel *kernel_of(const struct work *w)
{
	struct fake_kernel *k = fake_alloc(sizeof(*k));

	/* Short steps: some of a new group are run before it is known how long they are. */
	k->steps = 1000;
	k->cycles = GROUP_MS * 1000000 / 1000;
	k->waves = w->waves;
	k->vgprs = w->vgprs;
	return k;
}

/* The kernels wait behind a first one, so that all children begin at the same time. The first one's
 * times are in @first, the last one's in @done. */
static void submit(struct fake_queue *f, const struct work *w, struct fake_kernel *k,
	amd_signal_t *first, amd_signal_t *done)
{
	uint32_t kernels = w->kernels ? w->kernels : 1;
	struct fake_kernel *gate = fake_alloc(sizeof(*gate));

	gate->steps = 1;
	gate->cycles = 1000;
	gate->until = &board->go;
	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	assert_int_equal(cp_queue_update(f->q, (uintptr_t)f->ring, 64 * 64, 100, w->priority), 0);
	fake_dispatch(f, 0, gate, 1, NULL);
	fake_publish(f, 0, HSA_PACKET_TYPE_KERNEL_DISPATCH, true);
	for (uint32_t i = 1; i <= kernels; i++) {
		amd_signal_t *s = i == kernels ? done : i == 1 ? first : NULL;

		fake_dispatch(f, i, k, w->groups ? w->groups : 10000000, s)->group_segment_size =
			w->lds_bytes;
		fake_publish(f, i, HSA_PACKET_TYPE_KERNEL_DISPATCH, true);
	}
	fake_ring(f, kernels + 1);
	fake_wait_u32(&gate->groups_started, 1);
}

static uint64_t cycles(void)
{
	return atomic_load(&share_get()->gpu[0].scheduler.cycles);
}

static void child(const struct work *w)
{
	struct fake_queue *f[MAX_CHILDREN];
	amd_signal_t *first[MAX_CHILDREN], *done[MAX_CHILDREN];
	struct fake_kernel *k[MAX_CHILDREN];

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* the clock's keeper is the test's */
	fake_device->waves_per_simd = slots / 8;
	fake_setup(NULL);
	for (unsigned i = 0; i < w->queues; i++) {
		f[i] = fake_queue_new(64);
		done[i] = fake_signal(1);
		first[i] = w->kernels > 1 ? fake_signal(1) : done[i];
		k[i] = kernel_of(w);
		submit(f[i], w, k[i], first[i], done[i]);
	}
	atomic_store(&board->cycles, cycles());
	atomic_fetch_add(&board->ready, 1);
	for (unsigned i = 0; i < w->queues; i++) {
		while (!w->groups) {
			usleep(500);
			atomic_store(&board->groups[w->index], k[i]->groups_ended);
		}
		fake_wait(done[i], 0);
		atomic_store(&board->cycles, cycles());
		/* The stand-in's counter ticks every 10 ns. */
		atomic_store(&board->began_ns[w->index + i], first[i]->start_ts * 10);
		atomic_store(&board->ended_ns[w->index + i], done[i]->end_ts * 10);
	}
	cp_clock_leave(getpid());
	_exit(0);
}

static pid_t start(const struct work *w)
{
	fflush(stdout);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		child(w);
	return pid;
}

static void wait_ready(uint32_t count)
{
	for (int i = 0; i < 20000 && atomic_load(&board->ready) < count; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&board->ready), count);
}

static void wait_groups(uint32_t count)
{
	for (int i = 0; i < 20000 && atomic_load(&board->groups[0]) < count; i++)
		usleep(1000);
	assert_true(atomic_load(&board->groups[0]) >= count);
}

static void ends_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The part of the GPU that an entry's kernel of @groups had while it ran, in percent. */
static double share(unsigned index, uint32_t groups, uint32_t waves)
{
	double alone = (double)groups * waves / slots * GROUP_MS * 1e6;

	return 100 * alone / (double)(board->ended_ns[index] - board->began_ns[index]);
}

/*
 * Of @count entries that are in turns, all there before the first of them begins: whose turn comes last begins last, or a round later when the host lets
 * it see the start late. So the time counts from the first one's beginning.
 */
static void begin_together(unsigned count)
{
	uint64_t first_ns = board->began_ns[0];

	for (unsigned i = 1; i < count; i++)
		first_ns = board->began_ns[i] < first_ns ? board->began_ns[i] : first_ns;
	for (unsigned i = 0; i < count; i++)
		board->began_ns[i] = first_ns;
}

static void assert_share(double percent, double low, double high)
{
	if (percent < low || percent > high)
		fail_msg("%.2f %% of the GPU, not %.1f to %.1f", percent, low, high);
}

static int reset(void **state)
{
	memset(board, 0, sizeof(*board));
	slots = SLOTS;
	return 0;
}

static void a_process_alone_has_all_of_it(void **state)
{
	const struct work w = {.queues = 1, .priority = 7, .groups = 400, .waves = 1};
	pid_t pid = start(&w);

	wait_ready(1);
	atomic_store(&board->go, 1);
	ends_well(pid);
	assert_share(share(0, 400, 1), 99, 100.1);
}

static void two_processes_have_half_each(void **state)
{
	const struct work w[2] = {
		{.index = 0, .queues = 1, .priority = 7, .groups = 1600, .waves = 1},
		{.index = 1, .queues = 1, .priority = 7, .groups = 1600, .waves = 1}};
	pid_t a = start(&w[0]), b = start(&w[1]);

	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	assert_share(share(0, 1600, 1), 49, 51.5);
	assert_share(share(1, 1600, 1), 49, 51.5);
}

/* Not by groups: who has larger ones places fewer. */
static void the_size_of_groups_gives_no_advantage(void **state)
{
	const struct work w[2] = {
		{.index = 0, .queues = 1, .priority = 7, .groups = 400, .waves = 4},
		{.index = 1, .queues = 1, .priority = 7, .groups = 1600, .waves = 1}};
	pid_t a = start(&w[0]), b = start(&w[1]);

	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	assert_share(share(0, 400, 4), 49, 51.5);
	assert_share(share(1, 1600, 1), 49, 51.5);
}

/* Groups of five waves leave three places of a CU idle, for which no larger part is given later: a
 * group starts when the one ended that it follows, not when its place became free. */
static void idle_places_of_before_are_not_made_up_for(void **state)
{
	const struct work w[2] = {
		{.index = 0, .queues = 1, .priority = 7, .groups = 400, .waves = 5},
		{.index = 1, .queues = 1, .priority = 7, .groups = 1600, .waves = 1}};
	pid_t a = start(&w[0]), b = start(&w[1]);

	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	assert_share(share(1, 1600, 1), 49, 51.5);
}

/* Two processes, each with kernels that fill the GPU: one at a time. */
static void two_that_fill_the_gpu_take_twice_as_long(const struct work *of)
{
	struct work w[2] = {*of, *of};
	uint64_t began, ended;

	w[1].index = 1;
	pid_t a = start(&w[0]), b = start(&w[1]);
	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	began = board->began_ns[0] < board->began_ns[1] ? board->began_ns[0] : board->began_ns[1];
	ended = board->ended_ns[0] > board->ended_ns[1] ? board->ended_ns[0] : board->ended_ns[1];
	/* Of CUs, of which there are two. */
	double busy = 2.0 * of->kernels * of->groups * GROUP_MS * 1e6 / 2 / (double)(ended - began);
	assert_share(100 * busy, 90, 100.1);
}

static void kernels_with_all_wave_slots_run_one_at_a_time(void **state)
{
	two_that_fill_the_gpu_take_twice_as_long(&(struct work){
		.queues = 1, .priority = 7, .kernels = 40, .groups = 2, .waves = 8});
}

static void kernels_with_all_lds_run_one_at_a_time(void **state)
{
	two_that_fill_the_gpu_take_twice_as_long(&(struct work){.queues = 1,
		.priority = 7, .kernels = 40, .groups = 2, .waves = 1, .lds_bytes = 65536});
}

static void kernels_with_all_registers_run_one_at_a_time(void **state)
{
	two_that_fill_the_gpu_take_twice_as_long(&(struct work){.queues = 1,
		.priority = 7, .kernels = 40, .groups = 2, .waves = 4, .vgprs = 512});
}

/* Groups with all of a CU's LDS, or of its registers, leave wave slots free, but nothing starts there. */
static void parts_hold_where_waves_are_not_what_is_short(const struct work *of)
{
	struct work w[2] = {*of, *of};

	w[0].index = 0;
	w[1].index = 1;
	pid_t a = start(&w[0]), b = start(&w[1]);
	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	/* A group occupies half of the GPU, as if it had half of the waves. */
	assert_share(share(0, of->groups, SLOTS / 2), 49, 51.5);
	assert_share(share(1, of->groups, SLOTS / 2), 49, 51.5);
}

static void groups_with_all_lds_have_half_each(void **state)
{
	parts_hold_where_waves_are_not_what_is_short(&(struct work){
		.queues = 1, .priority = 7, .groups = 200, .waves = 1, .lds_bytes = 65536});
}

static void groups_with_all_registers_have_half_each(void **state)
{
	parts_hold_where_waves_are_not_what_is_short(&(struct work){
		.queues = 1, .priority = 7, .groups = 200, .waves = 4, .vgprs = 512});
}

/* By queue, not by process; four, as the slots can be divided by four. */
static void each_of_four_queues_has_a_quarter(void **state)
{
	const struct work w[2] = {
		{.index = 0, .queues = 3, .priority = 7, .groups = 800, .waves = 1},
		{.index = 3, .queues = 1, .priority = 7, .groups = 800, .waves = 1}};
	pid_t a = start(&w[0]), b = start(&w[1]);

	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	for (unsigned i = 0; i < 4; i++)
		assert_share(share(i, 800, 1), 24.5, 26);
}

/* Six groups at a time of four processes: each has one, and half of the time another. */
static void processes_take_turns_with_what_is_over(void **state)
{
	enum { PROCESSES = 4 };
	pid_t pids[PROCESSES];

	slots = 24;
	for (unsigned i = 0; i < PROCESSES; i++)
		pids[i] = start(&(struct work){
			.index = i, .queues = 1, .priority = 7, .groups = 800, .waves = 4});
	wait_ready(PROCESSES);
	atomic_store(&board->go, 1);
	for (unsigned i = 0; i < PROCESSES; i++)
		ends_well(pids[i]);
	begin_together(PROCESSES);
	for (unsigned i = 0; i < PROCESSES; i++)
		assert_share(share(i, 800, 4), 24.5, 25.75);
}

/* What it did not have before is not made up for. */
static void who_comes_later_has_no_more_turns(void **state)
{
	enum { OTHERS = 3 };
	pid_t others[OTHERS];
	int status;

	slots = 24;
	for (unsigned i = 0; i < OTHERS; i++)
		others[i] = start(&(struct work){.index = i, .queues = 1, .priority = 7, .groups = 0, .waves = 4});
	wait_ready(OTHERS);
	atomic_store(&board->go, 1);
	wait_groups(500);
	ends_well(start(&(struct work){.index = OTHERS, .queues = 1, .priority = 7, .groups = 1600, .waves = 4}));
	for (unsigned i = 0; i < OTHERS; i++) {
		kill(others[i], SIGKILL);
		assert_int_equal(waitpid(others[i], &status, 0), others[i]);
		cp_clock_leave(others[i]);
	}
	assert_share(share(OTHERS, 1600, 4), 24, 26);
}

/* Priority 15 against 7: two thirds while both run; the kernel with the lower priority then has
 * what is left. */
static void priority_is_a_larger_part_not_all(void **state)
{
	const struct work w[2] = {
		{.index = 0, .queues = 1, .priority = 15, .groups = 1600, .waves = 1},
		{.index = 1, .queues = 1, .priority = 7, .groups = 1600, .waves = 1}};
	pid_t a = start(&w[0]), b = start(&w[1]);

	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	assert_share(share(0, 1600, 1), 62, 69.5);
	assert_share(share(1, 1600, 1), 49, 51.5);
}

static void what_does_not_fill_the_gpu_runs_side_by_side(void **state)
{
	const struct work w[2] = {{.index = 0, .queues = 1, .priority = 7, .groups = 7, .waves = 1},
		{.index = 1, .queues = 1, .priority = 7, .groups = 7, .waves = 1}};
	pid_t a = start(&w[0]), b = start(&w[1]);

	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	assert_true(board->ended_ns[0] - board->began_ns[0] < 1010000);
	assert_true(board->ended_ns[1] - board->began_ns[1] < 1010000);
}

/* Killed in the midst of a kernel that fills the GPU; a kernel that begins then has all of it. */
static void a_killed_process_gives_its_share_back(void **state)
{
	const struct work
		victim = {.index = 0, .queues = 2, .priority = 7, .groups = 0, .waves = 2},
		other = {.index = 2, .queues = 1, .priority = 7, .groups = 1600, .waves = 1};
	pid_t pid = start(&victim);
	int status;

	wait_ready(1);
	atomic_store(&board->go, 1);
	wait_groups(50);
	atomic_store(&board->go, 0);
	pid_t survivor = start(&other);
	wait_ready(2);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	cp_clock_leave(pid);
	atomic_store(&board->go, 1);
	ends_well(survivor);
	/* Without it, it would have a third at most. */
	assert_share(share(2, 1600, 1), 97, 100.1);
}

/* Stopped in the midst of a kernel that fills the GPU: a GPU would go on, so its groups are in nobody's way; and they end later. */
static void a_stopped_process_holds_up_nobody(void **state)
{
	const struct work
		stopped = {.index = 0, .queues = 1, .priority = 7, .groups = 0, .waves = 2},
		other = {.index = 2, .queues = 1, .priority = 7, .groups = 1600, .waves = 1};
	pid_t pid = start(&stopped);
	int status;

	wait_ready(1);
	atomic_store(&board->go, 1);
	wait_groups(50);
	kill(pid, SIGSTOP);
	cp_clock_leave(pid);
	ends_well(start(&other));
	/* It was alone, but for the 100 ms until the other was known to be stopped. */
	assert_true(board->ended_ns[2] - board->began_ns[2] < (uint64_t)(1600.0 / slots * GROUP_MS * 1e6 * 1.1) + 110000000);
	kill(pid, SIGCONT);
	wait_groups(atomic_load(&board->groups[0]) + 100);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* Its queues fill a slice of their own, in which a GPU would have nothing left to do: two others take turns. */
static void a_stopped_process_has_no_turns_of_the_slots(void **state)
{
	enum { QUEUES = 24, GROUPS = 800 };
	const struct work
		stopped = {.index = 0, .queues = QUEUES, .priority = 7, .groups = 0, .waves = 1},
		others[2] = {
			{.index = QUEUES, .queues = QUEUES, .priority = 7, .groups = GROUPS, .waves = 1},
			{.index = 2 * QUEUES, .queues = QUEUES, .priority = 7, .groups = GROUPS, .waves = 1}};
	uint64_t ended_ns = 0;
	int status;

	slots = 64;
	pid_t pid = start(&stopped);
	wait_ready(1);
	atomic_store(&board->go, 1);
	wait_groups(50);
	kill(pid, SIGSTOP);
	cp_clock_leave(pid);
	atomic_store(&board->go, 0);
	pid_t a = start(&others[0]);
	wait_ready(2);
	pid_t b = start(&others[1]);
	wait_ready(3);
	atomic_store(&board->go, 1);
	ends_well(a);
	ends_well(b);
	for (unsigned i = QUEUES + 1; i < 3 * QUEUES; i++) {
		board->began_ns[QUEUES] = board->began_ns[i] < board->began_ns[QUEUES] ? board->began_ns[i] : board->began_ns[QUEUES];
		ended_ns = board->ended_ns[i] > ended_ns ? board->ended_ns[i] : ended_ns;
	}
	assert_true(ended_ns - board->began_ns[QUEUES] < (uint64_t)(2.0 * QUEUES * GROUPS / slots * GROUP_MS * 1e6 * 1.1));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* In both locks, in the midst of a change to the CUs. */
static void die_locked(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fake_setup(NULL);
	struct share *s = share_get();

	pthread_mutex_lock(&s->lock);
	share_gpu_lock(&s->gpu[0]);
	for (uint32_t i = 0; i < s->gpu[0].pool.count; i++)
		s->gpu[0].pool.cu[i].slots.free = 0;
	kill(getpid(), SIGKILL);
}

static int bind_name(pid_t pid, int fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "kfdsim/%u/%s/%d/%d", (unsigned)getuid(),
		sim_machine_get()->name, (int)pid, fd);
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(s, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)), 0);
	return s;
}

/* Names of processes in other containers, whose numbers here are other processes'. */
static void names_of_others_are_no_machine(void **state)
{
	int other = memfd_create("other", MFD_CLOEXEC), high = fcntl(other, F_DUPFD_CLOEXEC, 700);
	char byte = 1;

	assert_int_equal(ftruncate(other, sizeof(struct share)), 0);
	int theirs = bind_name(getpid(), high);
	pid_t pid = fork();
	if (!pid) {
		while (!atomic_load(&board->go))
			usleep(1000);
		close(high);
		_exit(share_get() && share_wake_fd() >= 0 ? 0 : 1);
	}
	int its[] = {bind_name(pid, 700), bind_name(pid, 701)};
	atomic_store(&board->go, 1);
	ends_well(pid);
	assert_int_equal(pread(other, &byte, 1, offsetof(struct share, ready)), 1);
	assert_int_equal(byte, 0);
	close(its[0]);
	close(its[1]);
	close(theirs);
	close(high);
	close(other);
}

/* Has other files where the machine's were. Return: the number of these files. */
static unsigned replace_files(void)
{
	char path[32], target[64];
	unsigned count = 0;

	for (int fd = 3; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = 0;
		if (strncmp(target, "/memfd:kfdsim-machine", strlen("/memfd:kfdsim-machine")))
			continue;
		count++;
		dup2(memfd_create("own", 0), fd);
	}
	return count;
}

/* The program closes what it did not open: others are not taken for dead, and its children keep what it opened then. */
static void close_files(void)
{
	struct share *s = share_get();
	unsigned used = 0, left = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < SHARE_PROCESSES; i++)
		used += s->process[i].used;
	if (used < 2 || !replace_files())
		_exit(1);
	share_sweep(s);
	for (unsigned i = 0; i < SHARE_PROCESSES; i++)
		left += s->process[i].used;
	if (left != used)
		_exit(2);
	int wake = share_wake_fd(), pair[2];
	char c = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || dup2(pair[0], wake) != wake || write(pair[1], "x", 1) != 1)
		_exit(3);
	share_woken();
	share_fork_child();
	_exit(recv(wake, &c, 1, MSG_DONTWAIT) == 1 && c == 'x' ? 0 : 4);
}

static void a_process_that_closes_everything_harms_no_other(void **state)
{
	const struct work other = {.index = 0, .queues = 1, .priority = 7, .groups = 400, .waves = 1};
	pid_t survivor = start(&other);

	wait_ready(1);
	fflush(stdout);
	pid_t pid = fork();
	if (!pid)
		close_files();
	ends_well(pid);
	atomic_store(&board->go, 1);
	ends_well(survivor);
	assert_share(share(0, 400, 1), 99, 100.1);
}

/* Stops in the midst of a change to the CUs; goes on with it. */
static void stop_locked(void)
{
	struct share *s = share_get();
	struct share_gpu *g = &s->gpu[0];
	const struct cu_need need = {.waves = 3};
	const uint32_t all[CU_MASK_WORDS] = {3};
	uint64_t start;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	share_gpu_lock_places(g);
	raise(SIGSTOP);
	bool placed = cu_pool_place(&g->pool, share_self(), all, &need, 0, false, &start) >= 0;
	share_gpu_unlock(g);
	/* Nothing of it is left. */
	share_gpu_lock(g);
	for (uint32_t i = 0; i < g->pool.count; i++)
		if (g->pool.held[share_self()][i].waves || g->pool.cu[i].slots.free != g->pool.limit.waves)
			placed = false;
	share_gpu_unlock(g);
	_exit(placed && g->evictions[share_self()] ? 0 : 1);
}

static void a_process_that_is_stopped_in_a_lock_holds_up_nobody(void **state)
{
	const struct work other = {.index = 0, .queues = 1, .priority = 7, .groups = 400, .waves = 1};
	int status;

	fflush(stdout);
	pid_t pid = fork();
	if (!pid)
		stop_locked();
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	pid_t survivor = start(&other);
	wait_ready(1);
	atomic_store(&board->go, 1);
	ends_well(survivor);
	assert_share(share(0, 400, 1), 99, 100.1);
	kill(pid, SIGCONT);
	ends_well(pid);
}

static void a_process_that_dies_in_a_lock_holds_up_nobody(void **state)
{
	const struct work other = {.index = 0, .queues = 1, .priority = 7, .groups = 400, .waves = 1};
	pid_t survivor = start(&other);
	int status;

	wait_ready(1);
	fflush(stdout);
	pid_t pid = fork();
	if (!pid)
		die_locked();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cp_clock_leave(pid);
	/* Others join, too. */
	const struct work late = {.index = 1, .queues = 1, .priority = 7, .groups = 400, .waves = 1};
	pid_t joined = start(&late);
	wait_ready(2);
	atomic_store(&board->go, 1);
	ends_well(survivor);
	ends_well(joined);
	assert_share(share(0, 400, 1), 49, 51.5);
}

/* Although the groups of those that fill it do not divide their parts evenly, and so exceed them. */
static void what_wants_little_gets_it_beside_those_that_fill_the_gpu(void **state)
{
	const struct work many = {.index = 0, .queues = 2, .priority = 7, .groups = 0, .waves = 2},
			  few = {.index = 2, .queues = 1, .priority = 7, .groups = 2, .waves = 1};
	pid_t pid = start(&many);
	int status;

	wait_ready(1);
	atomic_store(&board->go, 1);
	wait_groups(50);
	ends_well(start(&few));
	/* A place is free when one of the others' groups has ended. */
	assert_true(board->ended_ns[2] - board->began_ns[2] < 2500000);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	cp_clock_leave(pid);
}

/* Twelve processes where eight have slots at a time: each is in two of three turns, with an eighth. */
static void queues_beyond_the_slots_have_equal_parts(void **state)
{
	enum { PROCESSES = 12 };
	struct work w[PROCESSES];
	pid_t pids[PROCESSES];

	for (unsigned i = 0; i < PROCESSES; i++) {
		w[i] = (struct work){
			.index = i, .queues = 1, .priority = 7, .groups = 400, .waves = 1};
		pids[i] = start(&w[i]);
		wait_ready(i + 1); /* the order in the table is that of the turns */
	}
	atomic_store(&board->go, 1);
	uint64_t before = atomic_load(&board->cycles);
	for (unsigned i = 0; i < PROCESSES; i++)
		ends_well(pids[i]);
	/* 300 ms of work, in turns of 10 ms. */
	assert_true(atomic_load(&board->cycles) - before > 25);
	begin_together(PROCESSES);
	for (unsigned i = 0; i < PROCESSES; i++)
		assert_share(share(i, 400, 1), 8.1, 9.3);
}

/* Eight at a time: each is in one of four turns, with an eighth. */
static void thirty_two_processes_have_equal_parts(void **state)
{
	enum { PROCESSES = 32 };
	pid_t pids[PROCESSES];

	for (unsigned i = 0; i < PROCESSES; i++) {
		pids[i] = start(&(struct work){
			.index = i, .queues = 1, .priority = 7, .groups = 120, .waves = 1});
		wait_ready(i + 1);
	}
	atomic_store(&board->go, 1);
	for (unsigned i = 0; i < PROCESSES; i++)
		ends_well(pids[i]);
	begin_together(PROCESSES);
	for (unsigned i = 0; i < PROCESSES; i++)
		assert_share(share(i, 120, 1), 3.0, 4.2);
}

/* Twelve of each of three processes, of which 24 have slots at a time: each is in two of three turns. */
static void queues_beyond_the_24_slots_have_equal_parts(void **state)
{
	enum { PROCESSES = 3, QUEUES = 12 };
	pid_t pids[PROCESSES];

	slots = 32; /* so that all that wait for the start have room */

	for (unsigned i = 0; i < PROCESSES; i++) {
		pids[i] = start(&(struct work){.index = i * QUEUES,
			.queues = QUEUES, .priority = 7, .groups = 800, .waves = 1});
		wait_ready(i + 1);
	}
	atomic_store(&board->go, 1);
	uint64_t before = atomic_load(&board->cycles);
	for (unsigned i = 0; i < PROCESSES; i++)
		ends_well(pids[i]);
	/* 900 ms of work, in turns of 10 ms. */
	assert_true(atomic_load(&board->cycles) - before > 80);
	begin_together(PROCESSES * QUEUES);
	for (unsigned i = 0; i < PROCESSES * QUEUES; i++)
		assert_share(share(i, 800, 1), 2.6, 3.1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_process_alone_has_all_of_it, reset),
		cmocka_unit_test_setup(two_processes_have_half_each, reset),
		cmocka_unit_test_setup(the_size_of_groups_gives_no_advantage, reset),
		cmocka_unit_test_setup(idle_places_of_before_are_not_made_up_for, reset),
		cmocka_unit_test_setup(kernels_with_all_wave_slots_run_one_at_a_time, reset),
		cmocka_unit_test_setup(kernels_with_all_lds_run_one_at_a_time, reset),
		cmocka_unit_test_setup(kernels_with_all_registers_run_one_at_a_time, reset),
		cmocka_unit_test_setup(groups_with_all_lds_have_half_each, reset),
		cmocka_unit_test_setup(groups_with_all_registers_have_half_each, reset),
		cmocka_unit_test_setup(each_of_four_queues_has_a_quarter, reset),
		cmocka_unit_test_setup(processes_take_turns_with_what_is_over, reset),
		cmocka_unit_test_setup(who_comes_later_has_no_more_turns, reset),
		cmocka_unit_test_setup(priority_is_a_larger_part_not_all, reset),
		cmocka_unit_test_setup(what_does_not_fill_the_gpu_runs_side_by_side, reset),
		cmocka_unit_test_setup(a_killed_process_gives_its_share_back, reset),
		cmocka_unit_test_setup(a_stopped_process_holds_up_nobody, reset),
		cmocka_unit_test_setup(a_stopped_process_has_no_turns_of_the_slots, reset),
		cmocka_unit_test_setup(names_of_others_are_no_machine, reset),
		cmocka_unit_test_setup(a_process_that_closes_everything_harms_no_other, reset),
		cmocka_unit_test_setup(a_process_that_is_stopped_in_a_lock_holds_up_nobody, reset),
		cmocka_unit_test_setup(a_process_that_dies_in_a_lock_holds_up_nobody, reset),
		cmocka_unit_test_setup(
			what_wants_little_gets_it_beside_those_that_fill_the_gpu, reset),
		cmocka_unit_test_setup(queues_beyond_the_slots_have_equal_parts, reset),
		cmocka_unit_test_setup(thirty_two_processes_have_equal_parts, reset),
		cmocka_unit_test_setup(queues_beyond_the_24_slots_have_equal_parts, reset),
	};
	static char name[32];

#ifdef __SANITIZE_THREAD__
	/* The clock's thread is there when the children are made, which then start threads. */
	if (!getenv("TSAN_OPTIONS")) {
		setenv("TSAN_OPTIONS", "die_after_fork=0", 1);
		execv("/proc/self/exe", argv);
	}
#endif
	snprintf(name, sizeof(name), "cp_share-%d", (int)getpid());
	fake_machine_name(name);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	board = mmap(
		NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return board == MAP_FAILED || !cp_clock_start() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
