# SPDX-License-Identifier: MIT
# The order contract while queues are held and released at random. `make soak-order` runs it longer, also for a build with sanitizers.
make -C "$top_builddir" tests/int/tool/held_order.gpu libxsched_hsa_test.la >"$out/log" 2>&1 || fail "tests/int/tool/held_order does not build"
rounds=$(quick 4 1000)
ROUNDS=$rounds sh "$top_srcdir/tests/int/tool/order_held.sh" >"$out/log" 2>&1
case $? in
0) result PASS "" "$(awk '/holds$/ {h += $1} / packets, held for / {p += $1} END {printf "{\"holds\": %d, \"packets\": %d}", h, p}' "$out/log" |
	jq --argjson rounds "$rounds" '{rounds: $rounds} + .')" ;;
77) skip "$(tail -n 1 "$out/log")" ;;
*) fail "$(tail -n 3 "$out/log" | tr '\n' ' ')" ;;
esac
