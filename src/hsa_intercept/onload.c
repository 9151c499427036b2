/* SPDX-License-Identifier: MIT */
/* Entry points that ROCr calls in a tool library. */
