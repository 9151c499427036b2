/* SPDX-License-Identifier: MIT */
/*
 * USDT probes: places where bpftrace, perf or gdb can look into a running program; doc/tracing.md lists them. A probe that nobody
 * uses is one instruction that does nothing, and without systemtap's header there is none.
 */
#ifndef COMMON_PROBE_H
#define COMMON_PROBE_H

#ifdef XS_USDT
#include <sys/sdt.h>
#define PROBE2(name, a, b)       DTRACE_PROBE2(xsched_hsa, name, a, b)
#define PROBE3(name, a, b, c)    DTRACE_PROBE3(xsched_hsa, name, a, b, c)
#define PROBE5(name, a, b, c, d, e) DTRACE_PROBE5(xsched_hsa, name, a, b, c, d, e)
#else
#define PROBE2(name, a, b)       ((void)0)
#define PROBE3(name, a, b, c)    ((void)0)
#define PROBE5(name, a, b, c, d, e) ((void)0)
#endif

#endif
