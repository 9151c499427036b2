# SPDX-License-Identifier: MIT
# 75/25 and 90/10 between two queues of a process under up, for short, long and mixed kernels: within one point.
bench --device="$top_srcdir/bench/small.ini" -- shares --seconds="$(quick 1 6)"
decide "between queues of one process, under up.$how" "$(jq '{worst_points, least_throughput_ratio: ([.results[].throughput_ratio // empty] | min),
	shares: [.results[] | select(.row == "up") | {load, wanted_percent, share_percent}]}' "$out/json")" '.worst_points <= 1'
