# SPDX-License-Identifier: MIT
# A low program of long kernels, a high one with a short kernel now and then (ten in a round, of three the middle one; and with 20 % load): its P99
# against alone is at most 1.02 with level 3, and at most 1.30 with level 1. That waits for what is published: where the second kernel begins beside
# the urgent one, three kernels' time (doc/scheduling.md). So the low program's kernels must take less than a tenth of the request for that: 1 ms of
# 10 ms do, 2 ms do not.
processes 2.1
decide "two processes; with level 1 kernels of 60 ms and of 2 ms are waited for, which the first two variants show.$how" \
	"$(jq '."2.1" | to_entries | [["plan", "load20_2ms", "load20_1ms"], map(.value | map({row, p50_us, p99_us, p99_ratio, low_kernels}))] |
		transpose | map({(.[0]): .[1]}) | add' "$out/json")" \
	'([.[][] | select(.row == "level 3").p99_ratio] | max) <= 1.02 and (.load20_1ms[] | select(.row == "level 1").p99_ratio) <= 1.3 and (.plan | map(select(.low_kernels)) | all(.low_kernels == 100))'
