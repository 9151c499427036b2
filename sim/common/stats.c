/* SPDX-License-Identifier: MIT */
/* The counters of this process; see stats.h. */
#include "sim/common/stats.h"

struct sim_stats sim_stats;
