# SPDX-License-Identifier: MIT
# The compute-unit model needs nothing of the rest: its tests link it alone. -fno-math-errno and -ffp-contract=off keep lane
# loops vectorisable without changing results.
noinst_LTLIBRARIES += libgcn.la
libgcn_la_SOURCES = sim/gcn/gcn.h sim/gcn/wave.h sim/gcn/ops.h sim/gcn/ops_table.inc
libgcn_la_CFLAGS = $(AM_CFLAGS) -O2 -ftree-vectorize -fno-math-errno -fno-trapping-math -ffp-contract=off
libgcn_la_LIBADD = -lm
libkfdsim_parts_la_LIBADD += libgcn.la

# The opcode tables are checked in; this rewrites them from the llvm-mc at hand.
EXTRA_DIST += sim/gcn/genops
LLVM_MC = llvm-mc
.PHONY: gcn-ops
gcn-ops:
	$(srcdir)/sim/gcn/genops --llvm-mc $(LLVM_MC) $(srcdir)/sim/gcn
