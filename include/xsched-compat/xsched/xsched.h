/* SPDX-License-Identifier: MIT */
/* All of XSched's C interface but its platforms'. */
#ifndef XSCHED_XSCHED_H
#define XSCHED_XSCHED_H

#include "xsched/hint.h"
#include "xsched/types.h"
#include "xsched/xqueue.h"

#endif
