# SPDX-License-Identifier: MIT
# Sixteen processes, each in a loop of launch and synchronise; threads of one process would share four hardware queues.
processes 2.3
decide "sixteen processes.$how" "$(jq '{rows: ."2.3"}' "$out/json")" \
	'(.rows | map({(.row): .p50_us}) | add) as $p | $p.alone < $p["1 high, 15 low"] and $p["1 high, 15 low"] < $p["3 high, 13 low"] and $p["3 high, 13 low"] < $p.native'
