# SPDX-License-Identifier: MIT
# The basic calls of HIP, natively and with the library: the same results, and the default stream's packets passed the gate.
program=$top_builddir/examples/api_coverage
[ -x "$program" ] || skip "examples/api_coverage is not built"
on_gpu -- "$program" >"$out/native" 2>"$out/err" || fail "native: $(tail -n 1 "$out/err")"
HSA_TOOLS_LIB=$tool XSCHED_HSA_STATS=$out/stats on_gpu -- "$program" >"$out/tool" 2>"$out/err" || fail "with the library: $(tail -n 1 "$out/err")"
cmp -s "$out/native" "$out/tool" || fail "other results than natively"
metrics=$(jq '{queues: (.queues | length), packets: ([.queues[].packets] | add), kernels: ([.queues[].dispatches] | add)}' "$out/stats")
echo "$metrics" | jq -e '.packets > 0 and .kernels > 0' >/dev/null || fail "the library saw no kernel" "$metrics"
result PASS "the same results, natively and with the library" "$metrics"
