/* SPDX-License-Identifier: MIT */
/*
 * A kernel that never ends and fills the GPU, and urgent kernels for which it makes way, one after the other: preemptions.sh counts what
 * that costs. Under the tool library, which does it all; the program says nothing to it but the priorities of its queues.
 *
 *   preemptions N
 */
#include "tests/int/cwsr/lv3.h"

/* All local memory of a CU, so that no other group fits. */
#define WHOLE_CU 65536u

static hsa_queue_t *queue_new(hsa_amd_queue_priority_t priority)
{
	hsa_queue_t *q;

	OK(hsa_queue_create(gpus[0].agent, 256, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q));
	OK(hsa_amd_queue_set_priority(q, priority));
	return q;
}

static void start(hsa_queue_t *q, uint64_t kernel, uint32_t groups, struct arguments *a, hsa_signal_t done)
{
	uint64_t index;
	hsa_kernel_dispatch_packet_t *p = packet_reserve(q, &index);

	p->setup = 1;
	p->workgroup_size_x = 64;
	p->workgroup_size_y = p->workgroup_size_z = 1;
	p->grid_size_x = groups * 64;
	p->grid_size_y = p->grid_size_z = 1;
	p->group_segment_size = WHOLE_CU;
	p->kernel_object = kernel;
	p->kernarg_address = a;
	p->completion_signal = done;
	packet_publish(q, index, p, HSA_PACKET_TYPE_KERNEL_DISPATCH, true);
}

/* It goes on, so it was resumed. */
static void wait_more(const struct arguments *a)
{
	uint32_t seen = atomic_load(a->progress);

	while (atomic_load(a->progress) == seen)
		;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	const char *mechanism = getenv("XSCHED_HSA_LV3");
	uint32_t cus;
	char path[PATH_MAX];

	if (!count || kernels_path(path) || gpu_setup(NULL)) {
		fprintf(stderr, "usage: preemptions N, and a GPU\n");
		return 2;
	}
	if (mechanism && !strcmp(mechanism, "debug"))
		runtime_enable();
	OK(hsa_iterate_agents(gpu_add, NULL));
	kernels_load(0, path);
	OK(hsa_agent_get_info(gpus[0].agent, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_COMPUTE_UNIT_COUNT, &cus));

	hsa_queue_t *low = queue_new(HSA_AMD_QUEUE_PRIORITY_LOW), *high = queue_new(HSA_AMD_QUEUE_PRIORITY_HIGH);
	struct arguments *victim = arguments_new(0), *urgent = arguments_new(1);
	hsa_signal_t end = signal_new(1), done = signal_new(1);

	start(low, gpus[0].occupy, cus, victim, end);
	while (atomic_load(&victim->progress[1]) < cus)
		;
	for (unsigned long i = 0; i < count; i++) {
		hsa_signal_store_screlease(done, 1);
		start(high, gpus[0].generate, 1, urgent, done);
		signal_wait_below(done, 1);
		wait_more(victim);
	}
	atomic_store(victim->out, 1);
	signal_wait_below(end, 1);
	/* Nothing was done twice. */
	if (atomic_load(&victim->progress[1]) != cus || atomic_load(urgent->progress) != urgent->rounds * count) {
		fprintf(stderr, "%u of %u groups started, %u of %lu urgent steps were done\n", atomic_load(&victim->progress[1]), cus,
			atomic_load(urgent->progress), urgent->rounds * count);
		return 1;
	}
	OK(hsa_signal_destroy(end));
	OK(hsa_signal_destroy(done));
	OK(hsa_queue_destroy(high));
	OK(hsa_queue_destroy(low));
	OK(hsa_shut_down());
	return 0;
}
