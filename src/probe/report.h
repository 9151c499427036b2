/* SPDX-License-Identifier: MIT */
/* How xsched-hsa-probe shows what it found: text, or one JSON object. */
#ifndef PROBE_REPORT_H
#define PROBE_REPORT_H

#include "src/probe/gpu.h"

void probe_report_text(const struct probe_gpu *gpus, int count);
/** probe_report_json() - Return: 0; -EIO: it could not be written */
int probe_report_json(const struct probe_gpu *gpus, int count);

#endif
