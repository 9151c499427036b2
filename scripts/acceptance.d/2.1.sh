# SPDX-License-Identifier: MIT
# A low program of long kernels, a high one with a short kernel now and then (and with 20 % load): its P99 against alone is at most 1.02 with level 3,
# and at most 1.30 with level 1 where the low program's kernels are not much longer than what is waited for. Level 1 may wait for three kernels' time,
# where the second begins beside the urgent one (doc/scheduling.md): 1 ms of 10 ms is safe from that, 2 ms is not.
processes 2.1
decide "two processes; with level 1 a kernel of 60 ms is waited for, which the first variant shows.$how" \
	"$(jq '."2.1" | to_entries | [["plan", "load20_2ms", "load20_1ms"], map(.value | map({row, p50_us, p99_us, p99_ratio, low_kernels}))] |
		transpose | map({(.[0]): .[1]}) | add' "$out/json")" \
	'([.[][] | select(.row == "level 3").p99_ratio] | max) <= 1.02 and ([.load20_2ms, .load20_1ms | .[] | select(.row == "level 1").p99_ratio] | max) <= 1.3 and (.plan | map(select(.low_kernels)) | all(.low_kernels == 100))'
