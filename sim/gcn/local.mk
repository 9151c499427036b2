# SPDX-License-Identifier: MIT
# The compute-unit model needs nothing of the rest: its tests link it alone. -fno-math-errno and -ffp-contract=off keep lane
# loops vectorisable without changing results.
noinst_LTLIBRARIES += libgcn.la
libgcn_la_SOURCES = sim/gcn/gcn.h sim/gcn/wave.h sim/gcn/ops.h sim/gcn/ops_table.inc \
	sim/gcn/sgpr.h sim/gcn/code.h sim/gcn/group.h sim/gcn/poll.h sim/gcn/mem.h sim/gcn/vmem.h \
	sim/gcn/decode.c sim/gcn/cost.c sim/gcn/code.c sim/gcn/group.c sim/gcn/poll.c sim/gcn/launch.c \
	sim/gcn/sgpr.c sim/gcn/salu.c sim/gcn/hwreg.c sim/gcn/branch.c sim/gcn/smem.c \
	sim/gcn/mem.c sim/gcn/atomic.c sim/gcn/vaddr.c sim/gcn/vmem.c sim/gcn/ds.c sim/gcn/gws.c sim/gcn/gws.h \
	sim/gcn/save.c
libgcn_la_CFLAGS = $(AM_CFLAGS) -O2 -ftree-vectorize -fno-math-errno -fno-trapping-math -ffp-contract=off
libgcn_la_LIBADD = -lm
libkfdsim_parts_la_LIBADD += libgcn.la

# The opcode tables are checked in; this rewrites them from the llvm-mc at hand.
EXTRA_DIST += sim/gcn/genops
LLVM_MC = llvm-mc
gcn-ops:
	$(srcdir)/sim/gcn/genops --llvm-mc $(LLVM_MC) $(srcdir)/sim/gcn

# The vector ALU is built twice, for any x86-64 and for hosts with AVX2 and FMA; valu.c chooses. Rows are the unit of
# work, so vectorising is most of its speed.
libgcn_la_SOURCES += sim/gcn/valu.c sim/gcn/valu.h
libgcn_la_LIBADD += libgcn_valu_base.la libgcn_valu_avx2.la
noinst_LTLIBRARIES += libgcn_valu_base.la libgcn_valu_avx2.la
gcn_valu_sources = \
	sim/gcn/valu_lanes.h sim/gcn/valu_half.h sim/gcn/valu_fetch.h sim/gcn/valu_mfma.h \
	sim/gcn/valu_ops.def sim/gcn/valu_real.inc \
	sim/gcn/valu_exec.c sim/gcn/valu_fetch.c sim/gcn/valu_lane.c sim/gcn/valu_mfma.c \
	sim/gcn/valu_int.c sim/gcn/valu_f16.c sim/gcn/valu_f32.c sim/gcn/valu_f64.c \
	sim/gcn/valu_trans.c sim/gcn/valu_cvt.c sim/gcn/valu_cmp.c sim/gcn/valu_dot.c
gcn_valu_cflags = $(libgcn_la_CFLAGS) -O3
libgcn_valu_base_la_SOURCES = $(gcn_valu_sources)
libgcn_valu_base_la_CFLAGS = $(gcn_valu_cflags) -DVALU_VARIANT=base
libgcn_valu_avx2_la_SOURCES = $(gcn_valu_sources)
libgcn_valu_avx2_la_CFLAGS = $(gcn_valu_cflags) -mavx2 -mfma -DVALU_VARIANT=avx2
