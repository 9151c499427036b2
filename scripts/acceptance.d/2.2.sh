# SPDX-License-Identifier: MIT
# 75/25 and 90/10 between two processes that always have work, under pup: within one point, and not slower together than natively.
processes 2.2
decide "kernels that were done within the same seconds, times their duration.$how" \
	"$(jq '."2.2" | {rows: ., worst_points: (map(.points) | max), least_throughput_ratio: (map(.throughput_ratio) | min)}' "$out/json")" \
	'.worst_points <= 1 and .least_throughput_ratio >= 0.985'
