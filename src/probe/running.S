// SPDX-License-Identifier: MIT
// The kernel that xsched-hsa-probe suspends while it runs: some 50 ms of sleeping at usual clocks, and no more, so that nothing has to end
// it. It needs no arguments and no memory. 64 vector registers, so that a wave has something to save. scripts/probe-kernel assembles it into
// running.inc.
	.text
	.globl	running
	.p2align	8
	.type	running,@function
running:
	s_movk_i32	s0, 10000
again:
	s_sleep	127
	s_sub_u32	s0, s0, 1
	s_cmp_lg_u32	s0, 0
	s_cbranch_scc1	again
	s_endpgm
	.size	running, .-running

	.rodata
	.p2align	6
	.amdhsa_kernel running
		.amdhsa_next_free_vgpr 64
		.amdhsa_next_free_sgpr 8
#ifdef ACCUM
		.amdhsa_accum_offset 64
#endif
	.end_amdhsa_kernel

	.amdgpu_metadata
---
amdhsa.version: [ 1, 1 ]
amdhsa.kernels:
  - .name: running
    .symbol: running.kd
    .kernarg_segment_size: 0
    .kernarg_segment_align: 4
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 8
    .vgpr_count: 64
    .max_flat_workgroup_size: 1024
...
	.end_amdgpu_metadata
