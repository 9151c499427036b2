/* SPDX-License-Identifier: MIT */
/* The test build's additions to the tool library; see test_hooks.h. */
#include "tests/int/tool/test_hooks.h"

#include "src/hsa_intercept/control.h"
#include "src/hsa_intercept/vqueue.h"

void xs_test_gate_close(void)
{
	vqueue_gate_close_all();
}

void xs_test_gate_open(void)
{
	vqueue_gate_open_all();
}

void xs_test_gate_engage(void)
{
	vqueue_gate_engage_all();
}

void xs_test_gate_bypass(void)
{
	vqueue_gate_bypass_all();
}

struct masks {
	uint64_t hold, bypass;
	unsigned number;
};

static void set_one(struct vqueue *vq, void *ctx)
{
	struct masks *m = ctx;
	uint64_t bit = UINT64_C(1) << m->number++ % 64;

	if (m->hold & bit) {
		gate_close(&vq->gate);
	} else if (m->bypass & bit) {
		gate_bypass(&vq->gate);
	} else {
		/* A gate that a scheduler tracks stays tracked. */
		gate_engage(&vq->gate);
		gate_open(&vq->gate);
	}
}

void xs_test_gate_set(uint64_t hold, uint64_t bypass)
{
	struct masks m = {.hold = hold, .bypass = bypass};

	vqueue_for_each(set_one, &m);
}

static void suspend_one(struct vqueue *vq, void *ctx)
{
	struct masks *m = ctx;

	if (m->hold & UINT64_C(1) << m->number++ % 64)
		control_suspend(vq, 3);
	else
		control_resume(vq);
}

void xs_test_suspend(uint64_t hold)
{
	struct masks m = {.hold = hold};

	/* Before the registry's lock is held. */
	if (!squeue_require())
		vqueue_for_each(suspend_one, &m);
}
