# SPDX-License-Identifier: MIT
# The scheduler core: pure, libc only, because it goes into a library that lives in other people's processes.
noinst_LTLIBRARIES += libsched.la
libsched_la_SOURCES = \
	src/sched/as_one.c src/sched/core.c src/sched/core.h src/sched/check.c src/sched/decide.c \
	src/sched/effect.c src/sched/hint.c src/sched/hint.h src/sched/inherit.c src/sched/list.h \
	src/sched/policy.c src/sched/policy.h src/sched/queue.c src/sched/sched.h src/sched/share.c \
	src/sched/share.h src/sched/spans.c src/sched/tree.c src/sched/tree.h src/sched/unit.c src/sched/watch.c \
	src/sched/policies/fair.c src/sched/policies/fifo.c src/sched/policies/hpf.c \
	src/sched/policies/kedf.c src/sched/policies/lax.c src/sched/policies/mlfq.c \
	src/sched/policies/pup.c src/sched/policies/up.c
EXTRA_DIST += doc/scheduling.md
