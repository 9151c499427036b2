/* SPDX-License-Identifier: MIT */
/* DBG_TRAP and RUNTIME_ENABLE: order of checks, error numbers, and who waits for whom. */
#include "tests/unit/kfd_cp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/kfd/devfile.h"
#include "sim/kfd/event.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"

#define RING_BYTES 0x10000u
#define NEW_QUEUE KFD_EC_MASK(EC_QUEUE_NEW)
#define INVALID (UINT32_C(1) << KFD_DBG_QUEUE_INVALID_BIT)
#define FAILED (UINT32_C(1) << KFD_DBG_QUEUE_ERROR_BIT)

static struct kfd_ioctl_create_queue_args queue_args; /* correct, used for every queue */
static int pipe_fds[2];                               /* the debugger's notices */

static int trap(uint32_t op, struct kfd_ioctl_dbg_trap_args *a)
{
	a->pid = (uint32_t)getpid();
	a->op = op;
	return kfd_ioctl(AMDKFD_IOC_DBG_TRAP, a);
}

static int trap_op(uint32_t op)
{
	struct kfd_ioctl_dbg_trap_args a = {0};

	return trap(op, &a);
}

static int enable(uint64_t mask, int fd, struct kfd_runtime_info *info)
{
	struct kfd_ioctl_dbg_trap_args a = {.enable = {.exception_mask = mask, .rinfo_ptr = (uintptr_t)info,
		.rinfo_size = sizeof(*info), .dbg_fd = (uint32_t)fd}};

	return trap(KFD_IOC_DBG_TRAP_ENABLE, &a);
}

static int enable_plain(uint64_t mask)
{
	struct kfd_runtime_info info;

	return enable(mask, pipe_fds[1], &info);
}

static int runtime(int on)
{
	struct kfd_ioctl_runtime_enable_args a = {.mode_mask = (uint32_t)on, .r_debug = 0x1234};

	return kfd_ioctl(AMDKFD_IOC_RUNTIME_ENABLE, &a);
}

static uint32_t queue_new(void)
{
	struct kfd_ioctl_create_queue_args a = queue_args;

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a), 0);
	return a.queue_id;
}

static int queue_destroy(uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args a = {.queue_id = id};

	return kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &a);
}

static int snapshot(uint64_t clear, struct kfd_queue_snapshot_entry *e, uint32_t *count)
{
	struct kfd_ioctl_dbg_trap_args a = {.queue_snapshot = {.exception_mask = clear,
		.snapshot_buf_ptr = (uintptr_t)e, .num_queues = *count, .entry_size = sizeof(*e)}};
	int r = trap(KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT, &a);

	*count = a.queue_snapshot.num_queues;
	return r;
}

/* What a debugger does before it suspends anything. */
static void see_new_queues(void)
{
	struct kfd_queue_snapshot_entry e[8];
	uint32_t count = 8;

	assert_int_equal(snapshot(NEW_QUEUE, e, &count), 0);
}

static int suspend(uint32_t *ids, uint32_t count, uint32_t grace)
{
	struct kfd_ioctl_dbg_trap_args a = {.suspend_queues = {.queue_array_ptr = (uintptr_t)ids,
		.num_queues = count, .grace_period = grace}};

	return trap(KFD_IOC_DBG_TRAP_SUSPEND_QUEUES, &a);
}

static int resume(uint32_t *ids, uint32_t count)
{
	struct kfd_ioctl_dbg_trap_args a = {.resume_queues = {.queue_array_ptr = (uintptr_t)ids, .num_queues = count}};

	return trap(KFD_IOC_DBG_TRAP_RESUME_QUEUES, &a);
}

static char notices(void)
{
	char c[16];
	ssize_t n = read(pipe_fds[0], c, sizeof(c));

	return (char)(n < 0 ? 0 : n);
}

/* The runtime, without the queues that would be in its way. */
static int session_begin(void **state)
{
	assert_int_equal(runtime(1), 0);
	assert_int_equal(enable_plain(0), 0);
	kfd_cp_suspend_calls = 0;
	return 0;
}

static int session_end(void **state)
{
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	assert_int_equal(runtime(0), 0);
	for (uint32_t id = 0; id < KFD_PROCESS_QUEUES; id++)
		if (kfd_process.queues[id])
			assert_int_equal(queue_destroy(id), 0);
	notices();
	return 0;
}

static void checks_come_in_the_drivers_order(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {0};
	struct kfd_runtime_info info;

	a.op = 99;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DBG_TRAP, &a), -ESRCH);
	a.pid = 1; /* it exists and does not use the driver */
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DBG_TRAP, &a), -ESRCH);
	for (uint32_t op = 1; op <= 15; op++)
		assert_int_equal(trap_op(op), -EINVAL);
	assert_int_equal(enable(0, 9999, &info), -EBADF);
	assert_int_equal(enable_plain(0), 0);
	assert_int_equal(enable_plain(0), -EALREADY);
	/* What touches the hardware needs the runtime's consent. */
	const uint32_t hardware[] = {KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_OVERRIDE, KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_MODE,
		KFD_IOC_DBG_TRAP_SUSPEND_QUEUES, KFD_IOC_DBG_TRAP_RESUME_QUEUES,
		KFD_IOC_DBG_TRAP_SET_NODE_ADDRESS_WATCH, KFD_IOC_DBG_TRAP_CLEAR_NODE_ADDRESS_WATCH,
		KFD_IOC_DBG_TRAP_SET_FLAGS};
	for (size_t i = 0; i < sizeof(hardware) / sizeof(hardware[0]); i++)
		assert_int_equal(trap_op(hardware[i]), -EPERM);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT), -EAGAIN);
	assert_int_equal(trap_op(99), -EINVAL);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), -EINVAL);
}

static void another_process_cannot_be_debugged(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {0};
	int ready[2], go[2];
	char c = 0;

	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid_t child = fork();
	if (!child) {
		kfd_fork_child();
		kfd_test_acquire();
		/* Only what was mapped or opened shows that it uses the driver. */
		if (devfile_open(DEVFILE_KFD, 0, O_RDWR) < 0 || write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	a.pid = (uint32_t)child;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DBG_TRAP, &a), -EPERM);
	assert_int_equal(write(go[1], "g", 1), 1);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	a.pid = (uint32_t)child;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DBG_TRAP, &a), -ESRCH);
}

/* A process on the same machine that is debug-active until it is let go, or killed. Return: its id; *@go_p lets it go. */
static pid_t start_debugged(int *go_p)
{
	struct kfd_runtime_info info;
	int ready[2], go[2];
	char c = 'r';

	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid_t child = fork();
	if (!child) {
		close(go[1]); /* so that it ends with the test, however that ends */
		kfd_fork_child();
		kfd_test_acquire();
		int r = runtime(1) || enable(0, pipe_fds[1], &info) || info.runtime_state != DEBUG_RUNTIME_STATE_ENABLED;
		if (r || write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(trap_op(KFD_IOC_DBG_TRAP_DISABLE) ? 2 : 0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(go[0]);
	*go_p = go[1];
	return child;
}

static uint32_t state_under_a_debugger(void)
{
	struct kfd_runtime_info info;
	struct kfd_ioctl_dbg_trap_args a = {0};

	assert_int_equal(enable(0, pipe_fds[1], &info), 0);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SUSPEND_QUEUES, &a),
		info.runtime_state == DEBUG_RUNTIME_STATE_ENABLED ? 0 : -EPERM);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	return info.runtime_state;
}

static void a_gfx906_has_one_debugged_process(void **state)
{
	int go, status;
	pid_t other = start_debugged(&go);

	assert_int_equal(runtime(1), 0);
	assert_int_equal(state_under_a_debugger(), DEBUG_RUNTIME_STATE_ENABLED_BUSY);
	assert_int_equal(write(go, "g", 1), 1);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
	assert_int_equal(state_under_a_debugger(), DEBUG_RUNTIME_STATE_ENABLED);
	close(go);
	/* One that is killed is it no longer, either. */
	other = start_debugged(&go);
	assert_int_equal(state_under_a_debugger(), DEBUG_RUNTIME_STATE_ENABLED_BUSY);
	assert_int_equal(kill(other, SIGKILL), 0);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(state_under_a_debugger(), DEBUG_RUNTIME_STATE_ENABLED);
	close(go);
	assert_int_equal(runtime(0), 0);
}

static void enable_tells_what_the_runtime_said(void **state)
{
	struct kfd_runtime_info info;

	assert_int_equal(enable(0, pipe_fds[1], &info), 0);
	assert_int_equal(info.runtime_state, DEBUG_RUNTIME_STATE_DISABLED);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	assert_int_equal(runtime(KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK | KFD_RUNTIME_ENABLE_MODE_TTMP_SAVE_MASK), 0);
	assert_int_equal(enable(0, pipe_fds[1], &info), 0);
	assert_int_equal(info.runtime_state, DEBUG_RUNTIME_STATE_ENABLED);
	assert_int_equal(info.ttmp_setup, 1);
	assert_int_equal(info.r_debug, 0x1234);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	assert_int_equal(enable(0, pipe_fds[1], (void *)8), -EFAULT);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0); /* the session was there all the same */
	assert_int_equal(runtime(0), 0);
}

static void runtime_is_enabled_once_and_before_queues(void **state)
{
	uint32_t id = queue_new();

	assert_int_equal(runtime(1), -EEXIST);
	assert_int_equal(queue_destroy(id), 0);
	assert_int_equal(runtime(1), 0);
	assert_int_equal(runtime(1), -EBUSY);
	assert_int_equal(runtime(0), 0);
	assert_int_equal(runtime(0), 0);
}

static void new_queue_is_refused_until_it_was_listed(void **state)
{
	uint32_t ids[] = {queue_new()};

	assert_int_equal(suspend(ids, 1, 0), 0);
	assert_int_equal(ids[0], INVALID);
	see_new_queues();
	ids[0] = 0;
	assert_int_equal(suspend(ids, 1, 7), 1);
	assert_int_equal(ids[0], 0);
	assert_true(kfd_cp_last->suspended);
	assert_int_equal(kfd_cp_last->grace_kclk, 7);
	assert_int_equal(kfd_cp_last->args.percent, 100); /* a flag of its own */
}

static void several_are_suspended_in_one_cycle_and_unknown_ones_marked(void **state)
{
	uint32_t a = queue_new(), b = queue_new();
	uint32_t ids[] = {b, 77, a, b};

	see_new_queues();
	assert_int_equal(suspend(ids, 4, 0), 2);
	assert_int_equal(kfd_cp_suspend_calls, 1);
	assert_int_equal(ids[0], b);
	assert_int_equal(ids[1], 77 | INVALID);
	assert_int_equal(ids[2], a);
	assert_int_equal(ids[3], b | INVALID); /* only its first mention counts */
	/* What is suspended already counts again; to resume needs no array. */
	ids[3] = b;
	assert_int_equal(suspend(&ids[3], 1, 0), 1);
	assert_int_equal(resume(NULL, 0), 2);
	assert_false(kfd_cp_last->suspended);
	ids[0] = 500;
	assert_int_equal(resume(ids, 1), 0);
	assert_int_equal(ids[0], 500 | INVALID);
	assert_int_equal(suspend((void *)8, 1, 0), -EFAULT);
	assert_int_equal(suspend(ids, 0xffffffff, 0), -ENOMEM);
	assert_int_equal(resume((void *)8, 1), -EFAULT);
}

static void failing_hardware_is_marked_in_the_array(void **state)
{
	uint32_t ids[] = {queue_new()};

	see_new_queues();
	kfd_cp_suspend_result = -ETIME;
	assert_int_equal(suspend(ids, 1, 0), 0);
	assert_int_equal(ids[0], FAILED);
	kfd_cp_suspend_result = 0;
}

static void percentage_and_suspension_do_not_touch_each_other(void **state)
{
	uint32_t ids[] = {queue_new()};
	struct kfd_ioctl_update_queue_args u = {.queue_id = ids[0], .ring_base_address = queue_args.ring_base_address,
		.ring_size = RING_BYTES, .queue_percentage = 100, .queue_priority = 7};

	see_new_queues();
	assert_int_equal(suspend(ids, 1, 0), 1);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, &u), 0);
	assert_true(kfd_cp_last->suspended);
	u.queue_percentage = 0;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, &u), 0);
	assert_int_equal(resume(ids, 1), 1);
	assert_int_equal(kfd_cp_last->args.percent, 0);
}

static void snapshot_lists_queues_and_never_overflows(void **state)
{
	struct kfd_queue_snapshot_entry e[3];
	struct kfd_ioctl_dbg_trap_args a = {0};
	uint32_t first = queue_new(), second = queue_new(), count = 1;

	memset(e, 0xee, sizeof(e));
	assert_int_equal(snapshot(0, e, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(e[1].queue_id, 0xeeeeeeee);
	count = 3;
	assert_int_equal(snapshot(NEW_QUEUE, e, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(e[0].queue_id, first);
	assert_int_equal(e[1].queue_id, second);
	assert_int_equal(e[1].exception_status, NEW_QUEUE);
	assert_int_equal(e[0].ring_base_address, queue_args.ring_base_address);
	assert_int_equal(e[0].write_pointer_address, queue_args.write_pointer_address);
	assert_int_equal(e[0].read_pointer_address, queue_args.read_pointer_address);
	assert_int_equal(e[0].ctx_save_restore_address, queue_args.ctx_save_restore_address);
	assert_int_equal(e[0].gpu_id, queue_args.gpu_id);
	assert_int_equal(e[0].ring_size, RING_BYTES);
	assert_int_equal(e[0].queue_type, KFD_IOC_QUEUE_TYPE_COMPUTE_AQL);
	count = 3;
	assert_int_equal(snapshot(0, e, &count), 0);
	assert_int_equal(e[1].exception_status, 0);
	/* A debugger built with a longer entry strides by its own size. */
	a.queue_snapshot.snapshot_buf_ptr = (uintptr_t)e;
	a.queue_snapshot.num_queues = 2;
	a.queue_snapshot.entry_size = 2 * sizeof(e[0]);
	memset(e, 0xee, sizeof(e));
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT, &a), 0);
	assert_int_equal(a.queue_snapshot.entry_size, sizeof(e[0]));
	assert_int_equal(e[1].queue_id, 0xeeeeeeee);
	assert_int_equal(e[2].queue_id, second);
	a.queue_snapshot.entry_size = 0;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT, &a), -EINVAL);
	count = 1;
	assert_int_equal(snapshot(0, (void *)8, &count), -EFAULT);
}

static void devices_are_listed_with_their_windows(void **state)
{
	struct kfd_dbg_device_info_entry e[2];
	struct kfd_ioctl_dbg_trap_args a = {.device_snapshot = {.snapshot_buf_ptr = (uintptr_t)e, .num_devices = 2,
		.entry_size = sizeof(e[0])}};

	assert_int_equal(trap(KFD_IOC_DBG_TRAP_GET_DEVICE_SNAPSHOT, &a), 0);
	assert_int_equal(a.device_snapshot.num_devices, 2);
	assert_int_equal(e[1].gpu_id, sim_machine_get()->gpu[1].gpu_id);
	assert_int_equal(e[0].gfx_target_version, 90010);
	assert_int_equal(e[0].scratch_base >> 48, 2);
	assert_int_equal(e[0].capability & 0x20008000, 0x20008000);
	a.device_snapshot.snapshot_buf_ptr = 0;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_GET_DEVICE_SNAPSHOT, &a), -EINVAL);
}

/* ---- waiting ---- */

struct caller {
	pthread_t thread;
	uint32_t queue_id;
	int result;
	_Atomic bool done;
};

static void *destroy_main(void *arg)
{
	struct caller *c = arg;

	c->result = queue_destroy(c->queue_id);
	atomic_store(&c->done, true);
	return NULL;
}

static void *runtime_main(void *arg)
{
	struct caller *c = arg;

	c->result = runtime((int)c->queue_id);
	atomic_store(&c->done, true);
	return NULL;
}

static void moment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
}

static void suspended_queue_is_destroyed_when_it_is_resumed(void **state)
{
	uint32_t ids[] = {queue_new()};
	struct caller c = {.queue_id = ids[0]};

	see_new_queues();
	assert_int_equal(suspend(ids, 1, 0), 1);
	assert_int_equal(pthread_create(&c.thread, NULL, destroy_main, &c), 0);
	moment();
	assert_false(atomic_load(&c.done));
	assert_int_equal(kfd_process.queue_count, 1);
	assert_int_equal(resume(ids, 1), 1);
	pthread_join(c.thread, NULL);
	assert_int_equal(c.result, 0);
	assert_int_equal(kfd_process.queue_count, 0);
	assert_int_equal(queue_destroy(ids[0]), -EINVAL);
}

static void disable_resumes_all_and_lets_destruction_go_on(void **state)
{
	uint32_t ids[] = {queue_new(), queue_new()};
	struct caller c = {.queue_id = ids[0]};

	see_new_queues();
	assert_int_equal(suspend(ids, 2, 0), 2);
	struct cp_queue *other = kfd_cp_last;
	assert_int_equal(pthread_create(&c.thread, NULL, destroy_main, &c), 0);
	moment();
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	pthread_join(c.thread, NULL);
	assert_int_equal(c.result, 0);
	assert_false(other->suspended);
	assert_int_equal(enable_plain(0), 0);
}

static void runtime_under_a_debugger_waits_for_its_answer(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {.send_runtime_event = {.exception_mask = KFD_EC_MASK(EC_PROCESS_RUNTIME)}};
	struct kfd_ioctl_dbg_trap_args event = {0}, info = {0};
	struct kfd_runtime_info said;
	struct caller c = {.queue_id = 1};

	assert_int_equal(enable_plain(KFD_EC_MASK(EC_PROCESS_RUNTIME)), 0);
	assert_int_equal(pthread_create(&c.thread, NULL, runtime_main, &c), 0);
	while (!notices())
		moment();
	assert_false(atomic_load(&c.done));
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT, &event), 0);
	assert_int_equal(event.query_debug_event.exception_mask, KFD_EC_MASK(EC_PROCESS_RUNTIME));
	info.query_exception_info = (struct kfd_ioctl_dbg_trap_query_exception_info_args){
		.info_ptr = (uintptr_t)&said, .info_size = sizeof(said), .exception_code = EC_PROCESS_RUNTIME,
		.clear_exception = 1};
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_EXCEPTION_INFO, &info), 0);
	assert_int_equal(info.query_exception_info.info_size, sizeof(said));
	assert_int_equal(said.runtime_state, DEBUG_RUNTIME_STATE_ENABLED);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT), -EAGAIN);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SEND_RUNTIME_EVENT, &a), 0);
	pthread_join(c.thread, NULL);
	assert_int_equal(c.result, 0);
	/* The end of the runtime waits likewise, and without an answer for ever. */
	c = (struct caller){.queue_id = 0};
	assert_int_equal(pthread_create(&c.thread, NULL, runtime_main, &c), 0);
	while (!notices())
		moment();
	assert_false(atomic_load(&c.done));
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SEND_RUNTIME_EVENT, &a), 0);
	pthread_join(c.thread, NULL);
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
}

static void handler(int signal)
{
}

static void signal_interrupts_what_waits_and_the_call_is_repeated(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {.send_runtime_event = {.exception_mask = KFD_EC_MASK(EC_PROCESS_RUNTIME)}};
	struct sigaction act = {.sa_handler = handler};
	struct caller c = {.queue_id = 1};

	sigaction(SIGUSR1, &act, NULL);
	assert_int_equal(enable_plain(KFD_EC_MASK(EC_PROCESS_RUNTIME)), 0);
	assert_int_equal(pthread_create(&c.thread, NULL, runtime_main, &c), 0);
	while (!notices())
		moment();
	while (!atomic_load(&c.done)) {
		pthread_kill(c.thread, SIGUSR1);
		moment();
	}
	pthread_join(c.thread, NULL);
	assert_int_equal(c.result, -EINTR);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SEND_RUNTIME_EVENT, &a), 0);
	assert_int_equal(runtime(1), 0); /* not EBUSY: it goes on where it was */
	assert_int_equal(notices(), 0);  /* and is not announced twice */
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_DISABLE), 0);
	assert_int_equal(runtime(0), 0);
}

/* ---- exceptions ---- */

static void subscribed_exceptions_reach_the_debugger_others_the_runtime(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {.set_exceptions_enabled = {.exception_mask = KFD_EC_MASK(EC_QUEUE_WAVE_TRAP)}};
	struct kfd_ioctl_dbg_trap_args event = {.query_debug_event = {.exception_mask = KFD_EC_MASK(EC_QUEUE_WAVE_TRAP)}};
	uint32_t id = queue_new();

	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_EXCEPTIONS_ENABLED, &a), 0);
	assert_int_equal(notices(), 0);
	assert_false(kfd_queue_exception(id, KFD_EC_MASK(EC_QUEUE_WAVE_ABORT)));
	assert_int_equal(notices(), 0);
	assert_true(kfd_queue_exception(id, KFD_EC_MASK(EC_QUEUE_WAVE_TRAP)));
	assert_int_equal(notices(), 1);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT, &event), 0);
	assert_int_equal(event.query_debug_event.queue_id, id);
	assert_true(event.query_debug_event.exception_mask & KFD_EC_MASK(EC_QUEUE_WAVE_TRAP));
	assert_int_equal(trap_op(KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT), -EAGAIN);
	/* Whoever subscribes later hears of what is already there. */
	a.set_exceptions_enabled.exception_mask = KFD_EC_MASK(EC_QUEUE_WAVE_ABORT);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_EXCEPTIONS_ENABLED, &a), 0);
	assert_int_equal(notices(), 1);
}

static void memory_fault_goes_to_the_debugger_with_its_place(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {0}, info = {0};
	struct kfd_hsa_memory_exception_data data;

	a.set_exceptions_enabled.exception_mask = KFD_EC_MASK(EC_DEVICE_MEMORY_VIOLATION);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_EXCEPTIONS_ENABLED, &a), 0);
	kfd_vm_fault(1, 0x123456, true);
	info.query_exception_info = (struct kfd_ioctl_dbg_trap_query_exception_info_args){
		.info_ptr = (uintptr_t)&data, .info_size = sizeof(data), .clear_exception = 1,
		.source_id = sim_machine_get()->gpu[0].gpu_id, .exception_code = EC_DEVICE_MEMORY_VIOLATION};
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_EXCEPTION_INFO, &info), -ENODATA);
	info.query_exception_info.source_id = sim_machine_get()->gpu[1].gpu_id;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_EXCEPTION_INFO, &info), 0);
	assert_int_equal(data.va, 0x123000);
	assert_int_equal(data.gpu_id, sim_machine_get()->gpu[1].gpu_id);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_EXCEPTION_INFO, &info), -ENODATA);
	info.query_exception_info.exception_code = 15;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_QUERY_EXCEPTION_INFO, &info), -EINVAL);
}

static void event_to_the_runtime_lands_in_the_save_areas_header(void **state)
{
	static uint64_t payload;
	uint32_t id = queue_new();
	struct kfd_context_save_area_header header = {.err_payload_addr = (uintptr_t)&payload,
		.err_event_id = kfd_test_event(KFD_IOC_EVENT_SIGNAL, 1)};
	struct kfd_ioctl_dbg_trap_args a = {.send_runtime_event = {.exception_mask = KFD_EC_MASK(EC_QUEUE_WAVE_ABORT),
		.queue_id = id}};
	struct kfd_event_data data = {.event_id = header.err_event_id};
	struct kfd_ioctl_wait_events_args wait = {.events_ptr = (uintptr_t)&data, .num_events = 1};
	static struct kfd_context_save_area_header area;

	area = header;
	kfd_process.queues[id]->save_va = (uintptr_t)&area;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SEND_RUNTIME_EVENT, &a), 0);
	assert_int_equal(payload, KFD_EC_MASK(EC_QUEUE_WAVE_ABORT));
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_WAIT_EVENTS, &wait), 0);
	assert_int_equal(wait.wait_result, KFD_IOC_WAIT_RESULT_COMPLETE);
	a.send_runtime_event.exception_mask = KFD_EC_MASK(EC_DEVICE_MEMORY_VIOLATION);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SEND_RUNTIME_EVENT, &a), -ENODEV);
}

static void what_waves_would_trap_for_is_refused(void **state)
{
	struct kfd_ioctl_dbg_trap_args a = {0};

	a.launch_override.support_request_mask = KFD_DBG_TRAP_MASK_FP_INVALID;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_OVERRIDE, &a), -EACCES);
	assert_int_equal(a.launch_override.support_request_mask, 0);
	a.launch_mode.launch_mode = KFD_DBG_TRAP_WAVE_LAUNCH_MODE_NORMAL;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_MODE, &a), 0);
	a.launch_mode.launch_mode = KFD_DBG_TRAP_WAVE_LAUNCH_MODE_HALT;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_MODE, &a), -EINVAL);
	a.set_flags.flags = KFD_DBG_TRAP_FLAG_SINGLE_MEM_OP;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_FLAGS, &a), -EACCES);
	a.set_node_address_watch.gpu_id = 7;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_NODE_ADDRESS_WATCH, &a), -ENODEV);
	a.set_node_address_watch.gpu_id = queue_args.gpu_id;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_SET_NODE_ADDRESS_WATCH, &a), -ENOMEM);
}

static void reset_gpu_answers_eio_until_its_queues_are_gone(void **state)
{
	uint32_t event = kfd_test_event(KFD_IOC_EVENT_HW_EXCEPTION, 0), ids[] = {queue_new()};
	struct kfd_event_data data = {.event_id = event};
	struct kfd_ioctl_wait_events_args wait = {.events_ptr = (uintptr_t)&data, .num_events = 1};
	struct kfd_ioctl_update_queue_args u = {.queue_id = ids[0], .ring_base_address = queue_args.ring_base_address,
		.ring_size = RING_BYTES, .queue_percentage = 100, .queue_priority = 7};
	struct kfd_ioctl_create_queue_args a = queue_args;
	uint32_t before = kfd_vram_lost(0);

	see_new_queues();
	kfd_gpu_reset(0);
	assert_true(kfd_cp_last->lost);
	assert_int_equal(kfd_vram_lost(0), before + 1);
	assert_int_equal(kfd_vram_lost(1), 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_WAIT_EVENTS, &wait), 0);
	assert_int_equal(wait.wait_result, KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(data.hw_exception_data.reset_cause, KFD_HW_EXCEPTION_GPU_HANG);
	assert_int_equal(data.hw_exception_data.memory_lost, 1);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, &u), -EIO);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a), -EIO);
	assert_int_equal(suspend(ids, 1, 0), 0);
	assert_int_equal(ids[0], FAILED);
	assert_int_equal(resume(NULL, 0), 0);
	assert_int_equal(queue_destroy(u.queue_id), 0);
	assert_int_equal(queue_destroy(queue_new()), 0);
}

static int group_begin(void **state)
{
	kfd_test_acquire();
	queue_args = kfd_test_queue_args(UINT64_C(0x40000000), RING_BYTES);
	return pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC);
}

#define IN_SESSION(test) cmocka_unit_test_setup_teardown(test, session_begin, session_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_come_in_the_drivers_order),
		cmocka_unit_test(another_process_cannot_be_debugged),
		cmocka_unit_test(a_gfx906_has_one_debugged_process),
		cmocka_unit_test(enable_tells_what_the_runtime_said),
		cmocka_unit_test(runtime_is_enabled_once_and_before_queues),
		IN_SESSION(new_queue_is_refused_until_it_was_listed),
		IN_SESSION(several_are_suspended_in_one_cycle_and_unknown_ones_marked),
		IN_SESSION(failing_hardware_is_marked_in_the_array),
		IN_SESSION(percentage_and_suspension_do_not_touch_each_other),
		IN_SESSION(snapshot_lists_queues_and_never_overflows),
		IN_SESSION(devices_are_listed_with_their_windows),
		IN_SESSION(suspended_queue_is_destroyed_when_it_is_resumed),
		IN_SESSION(disable_resumes_all_and_lets_destruction_go_on),
		cmocka_unit_test(runtime_under_a_debugger_waits_for_its_answer),
		cmocka_unit_test(signal_interrupts_what_waits_and_the_call_is_repeated),
		IN_SESSION(subscribed_exceptions_reach_the_debugger_others_the_runtime),
		IN_SESSION(memory_fault_goes_to_the_debugger_with_its_place),
		IN_SESSION(event_to_the_runtime_lands_in_the_save_areas_header),
		IN_SESSION(what_waves_would_trap_for_is_refused),
		IN_SESSION(reset_gpu_answers_eio_until_its_queues_are_gone),
	};

	kfd_test_machine("gfx90a,gfx906", "1.17");
	return cmocka_run_group_tests(tests, group_begin, NULL);
}
