/* SPDX-License-Identifier: MIT */
/* fifo: packets reach the hardware in the order in which they come, and nobody is held. The
 * watchdog's refuge. */
#include "src/sched/policy.h"

const struct sched_policy sched_policy_fifo = {
	.name = "fifo",
	.about = "as the hardware would; holds nobody",
	.grain = SCHED_PER_QUEUE,
	.width = sched_width_all,
	.slice_ns = sched_slice_none,
};
