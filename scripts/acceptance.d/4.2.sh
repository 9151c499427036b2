# SPDX-License-Identifier: MIT
# A high and a low process, each in a loop of launch and synchronise: both end, and the high one is faster than natively.
processes 4.2
decide "two processes in a loop of launch and synchronise.$how" "$(jq '{rows: ."4.2"}' "$out/json")" \
	'.rows as [$native, $ours] | $ours.high.p50_us < $native.high.p50_us and $ours.high.per_second > $native.high.per_second'
