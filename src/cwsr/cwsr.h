/* SPDX-License-Identifier: MIT */
/*
 * Level 3: the running waves of a hardware queue are saved, the queue is taken from the GPU, and later goes on where it was. The
 * layer above says what is wanted, in any thread; a control thread, xsched-cwsr, makes the driver do it and says when it is so, unless
 * whoever asked does that itself, by cwsr_serve().
 *
 * Nothing starts before the first request. See doc/level3.md.
 */
#ifndef CWSR_H
#define CWSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cwsr_queue; /* a hardware queue that is tracked */
struct kfd_ops;

/* Choices of XSCHED_HSA_LV3, in its order. */
enum cwsr_mechanism { CWSR_MECHANISM_UPDATE, CWSR_MECHANISM_DEBUG, CWSR_MECHANISM_OFF };

/**
 * struct cwsr_config - settings
 * @mechanism:   enum cwsr_mechanism
 * @budget_ns:   level 3 is off on a GPU where half of the self-test's suspensions take longer; 0: no limit
 * @interval_ns: least time between the beginnings of two suspensions on a GPU
 * @grace_kclk:  time that waves get to end by themselves, in 1000 shader clocks; debug interface only, the driver takes 0 for 1
 * @any_target:  also GPUs on which preemption was not tried
 * @kernel:      for tests; NULL: the kernel
 * @manual:      for tests: no thread, cwsr_round() is called instead
 */
struct cwsr_config {
	int mechanism;
	uint64_t budget_ns, interval_ns;
	uint32_t grace_kclk;
	bool any_target;
	const struct kfd_ops *kernel;
	bool manual;
};

/* A queue of our own for the self-test. */
struct cwsr_test_queue {
	const void *ring_base;
	uint64_t ring_bytes;
	void *data; /* of whoever made it */
};

/**
 * struct cwsr_ops - what level 3 asks of the layer above; all called by the control thread, or within cwsr_serve()
 * @done:       the state that the last cwsr_request() asked for was reached (@error 0), or @suspended is what is so instead:
 *              -EBUSY the runtime needs the queue to run, and it does; ask again later
 *              -ESRCH the hardware queue is gone
 *              -EOPNOTSUPP level 3 is off for that GPU or process
 *              Each request is answered unless a later one took its place; an answer with an error can also come unasked, when
 *              a suspended queue had to be resumed. Must not call cwsr_queue_forget() nor cwsr_stop().
 * @test_open:  make a queue on the GPU of the queue that @owner owns, by HSA calls that are not seen by the application. NULL: there
 *              is no self-test. Return: 0 or a negative errno: level 3 is then off for the GPU.
 * @test_submit: put a barrier packet without dependencies into it, and ring
 * @test_done:  whether all that was submitted completed
 * @test_close: destroy it
 *
 * @owner is valid while these run: cwsr_queue_forget() waits for them.
 */
struct cwsr_ops {
	void *ctx;
	void (*done)(void *ctx, void *owner, bool suspended, int error);
	int (*test_open)(void *ctx, void *owner, struct cwsr_test_queue *t_p);
	void (*test_submit)(void *ctx, struct cwsr_test_queue *t);
	bool (*test_done)(void *ctx, struct cwsr_test_queue *t);
	void (*test_close)(void *ctx, struct cwsr_test_queue *t);
};

/**
 * cwsr_start() - begin to watch the runtime's ioctls
 * @c, @ops: copied
 *
 * Context: OnLoad: patches slots, starts nothing. After cwsr_stop() it can be called again.
 * Return: 0; -ENOENT: the runtime's ioctls cannot be seen, queues are found by asking the driver; -EALREADY; -EOPNOTSUPP: the
 *         settings turn level 3 off.
 */
int cwsr_start(const struct cwsr_config *c, const struct cwsr_ops *ops);
/**
 * cwsr_stop() - resume every queue, end the debug session and the control thread, and stop watching
 * Context: OnUnload, atexit handlers, destructors; any number of calls. Waits for the control thread for at most a second; where the
 *          driver does not answer within that, it gives up and says so.
 */
void cwsr_stop(void);
/** cwsr_fork_child() - in a forked child: queues are the parent's; nothing is done about them any more */
void cwsr_fork_child(void);

/**
 * cwsr_queue_track() - find the hardware queue behind an HSA queue
 * @ring_base:  hsa_queue_t.base_address
 * @ring_bytes: size of its ring
 * @owner:      given back to the functions of struct cwsr_ops
 *
 * Context: after hsa_queue_create(); may read sysfs, and ask the driver when the queue's creation was not seen.
 * Return: NULL: level 3 is not possible for it; why is logged once.
 */
struct cwsr_queue *cwsr_queue_track(const void *ring_base, uint64_t ring_bytes, void *owner);
/**
 * cwsr_queue_forget() - resume the queue if it is suspended, and leave it alone
 * Context: before hsa_queue_destroy(); may make the ioctl itself, and waits for an operation of struct cwsr_ops on the queue that is
 *          running: hold no lock that these take. NULL is allowed.
 */
void cwsr_queue_forget(struct cwsr_queue *q);
/**
 * cwsr_request() - say that a queue is to be suspended, or to run
 *
 * Requests that are pending together are served together: on each GPU first the suspensions, in one call where the debug interface
 * is used, then the resumptions.
 * Context: any thread; no lock, and no system call but a futex wake; the first request starts the control thread.
 * Return: 0: ops->done() will tell; -EOPNOTSUPP: a suspension is not possible, nothing was changed and nothing will be told;
 *         -ESHUTDOWN: after cwsr_stop(), or in a forked child.
 */
int cwsr_request(struct cwsr_queue *q, bool suspend);
/**
 * cwsr_request_later() - the same, but nobody is woken: the caller calls cwsr_serve() in a moment
 * cwsr_serve() - do what is asked for, in this thread; what has to wait for something is left to the control thread
 *
 * That saves waking a thread, of each suspension and resumption. Only where the process uses one GPU: what the caller does about others
 * would wait.
 * Context: a thread that may wait for the driver, without locks that the functions of struct cwsr_ops take.
 */
int cwsr_request_later(struct cwsr_queue *q, bool suspend);
void cwsr_serve(void);

/**
 * struct cwsr_queue_stats - what was done to a queue
 * @saves:    how often it was suspended
 * @saved_ns: how long together, but for a suspension that lasts
 */
struct cwsr_queue_stats {
	uint64_t saves, saved_ns;
};
/** cwsr_queue_stats_get() - as of the latest round; any thread, no lock */
struct cwsr_queue_stats cwsr_queue_stats_get(const struct cwsr_queue *q);

/**
 * cwsr_prepare() - have the self-test of the queue's GPU now, so that cwsr_cost_ns() knows
 * Context: any thread, as cwsr_request(); the control thread does it. Once per GPU, further calls do nothing.
 */
void cwsr_prepare(struct cwsr_queue *q);
/**
 * cwsr_cost_ns() - what suspending and resuming takes on the queue's GPU, as measured; long ago: closer to what the self-test found
 * Context: any thread; no lock.
 * Return: nanoseconds; UINT64_MAX: not possible there, or not measured yet.
 */
uint64_t cwsr_cost_ns(const struct cwsr_queue *q);
/** cwsr_queue_gpu() - the driver's number of the queue's GPU; any thread */
uint32_t cwsr_queue_gpu(const struct cwsr_queue *q);

/* Of a number of calls that were measured. */
struct cwsr_times {
	uint64_t p50_ns, p99_ns;
	uint32_t count;
};

/**
 * struct cwsr_gpu_info - what is known of a GPU
 * @usable:  level 3 may be used; otherwise @why says why not
 * @debug:   queues are suspended through the debug interface
 * @tested:  the self-test passed
 * @suspend, @resume: measured by it
 * @suspend_wait, @resume_wait: from a request until the driver was called, as far as it was for us to decide; one for each queue
 * @suspend_call, @resume_call: how long the driver took, for all queues of a GPU that were suspended or resumed together
 * @suspend_calls, @resume_calls: of the driver, so far
 */
struct cwsr_gpu_info {
	uint32_t gpu_id, target, kfd_minor;
	bool usable, debug, tested;
	char why[160];
	struct cwsr_times suspend, resume, suspend_wait, suspend_call, resume_wait, resume_call;
	uint64_t suspend_calls, resume_calls;
};
/**
 * cwsr_gpu_info_get() - any thread; takes the lock of kfd_queues.h; after cwsr_stop() too
 * Return: 0; -ENOENT: no queue was tracked on that GPU.
 */
int cwsr_gpu_info_get(uint32_t gpu_id, struct cwsr_gpu_info *i_p);
/** cwsr_gpu_info_each() - the same of each GPU; @fn must not call level 3 */
void cwsr_gpu_info_each(void (*fn)(const struct cwsr_gpu_info *i, void *ctx), void *ctx);

/**
 * cwsr_round() - what the control thread does: everything that is due
 * @now_ns: CLOCK_MONOTONIC
 * Context: the control thread; tests, with cwsr_config.manual.
 * Return: when there is more to do, UINT64_MAX: when asked.
 */
uint64_t cwsr_round(uint64_t now_ns);

#endif
