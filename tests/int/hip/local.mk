# SPDX-License-Identifier: MIT
# HIP programs, one behaviour each. They are right on any GPU; `make check` runs them on the simulated one.
hip_headers = %D%/busy.h %D%/check.h
hip_programs =
hip_variants =
hip_survey =
