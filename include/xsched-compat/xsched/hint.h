/* SPDX-License-Identifier: MIT */
/*
 * XSched's hints. Each returns kXSchedSuccess; kXSchedErrorInvalidValue for a value out of range; kXSchedErrorNotFound for an XQueue
 * that is none; kXSchedErrorNotAllowed where a daemon decides; kXSchedErrorNotSupported when nothing schedules the process.
 */
#ifndef XSCHED_HINT_H
#define XSCHED_HINT_H

#include "xsched/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * XHintSetScheduler() - who decides, and by which policy
 * @scheduler: kSchedulerAppManaged: nobody but the program; kSchedulerLocal: @policy in this process; kSchedulerGlobal: the daemon if there
 *             is one, which the library finds by itself
 * @policy:    HPF, UP, PUP, KEDF, LAX, CFS (here fair) or MLFQ; kXSchedErrorNotSupported for the others
 */
XResult XHintSetScheduler(XSchedulerType scheduler, XPolicyType policy);
/** XHintPriority() - PRIORITY_MIN to PRIORITY_MAX, higher runs first; PRIORITY_NO_EXECUTE: it does not run */
XResult XHintPriority(XQueueHandle xq, Priority prio);
/** XHintUtilization() - share in percent, relative to the others' */
XResult XHintUtilization(XQueueHandle xq, Utilization util);
/** XHintTimeslice() - length of a turn in microseconds, for the process */
XResult XHintTimeslice(Timeslice ts_us);
/** XHintLaxity() - @lax_prio until @lax_us microseconds from becoming ready have passed, @crit_prio from then on */
XResult XHintLaxity(XQueueHandle xq, Laxity lax_us, Priority lax_prio, Priority crit_prio);
/** XHintDeadline() - microseconds from becoming ready */
XResult XHintDeadline(XQueueHandle xq, Deadline ddl_us);
/** XHintKDeadline() - how many run at once under KEDF, for the process */
XResult XHintKDeadline(size_t k);

#ifdef __cplusplus
}
#endif
#endif
