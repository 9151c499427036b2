# SPDX-License-Identifier: MIT
# The compute-unit model needs nothing of the rest: its tests link it alone. -fno-math-errno and -ffp-contract=off keep lane
# loops vectorisable without changing results.
noinst_LTLIBRARIES += libgcn.la
libgcn_la_SOURCES = sim/gcn/gcn.h sim/gcn/wave.h
libgcn_la_CFLAGS = $(AM_CFLAGS) -O2 -ftree-vectorize -fno-math-errno -fno-trapping-math -ffp-contract=off
libgcn_la_LIBADD = -lm
libkfdsim_parts_la_LIBADD += libgcn.la
