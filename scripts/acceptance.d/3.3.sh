# SPDX-License-Identifier: MIT
# Windows of 1 to 16 packets and the one by time, for three lengths of kernels: the latter is within 1 % of the best.
bench -- window --rounds="$(quick 1 5)" --iterations="$(quick 3 20)"
decide "ratios of an iteration's time to native; adaptive is the window by time, 200 us.$how" \
	"$(jq '{ratios: [.results[] | {load, row, ratio}],
	adaptive_over_best: ([.results | group_by(.load)[] | ([.[] | select(.row != "native") | .ratio] | min) as $best |
		.[] | select(.row == "adaptive") | .ratio / $best] | max)}' "$out/json")" '.adaptive_over_best <= 1.01'
