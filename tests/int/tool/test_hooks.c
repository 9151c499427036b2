/* SPDX-License-Identifier: MIT */
/* The test build's additions to the tool library; see test_hooks.h. */
#include "tests/int/tool/test_hooks.h"

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
