# SPDX-License-Identifier: MIT
# Every policy on simulated arrivals, and hpf on the GPU.
ran=0 passed=0 failures=
for test in test_core test_policies test_properties test_waits; do
	make -C "$top_builddir" "tests/policy/$test" >"$out/log" 2>&1 || fail "tests/policy/$test does not build"
	ran=$((ran + 1))
	if "$top_builddir/tests/policy/$test" >"$out/log" 2>&1; then passed=$((passed + 1)); else failures="$failures $test"; fi
done
make -C "$top_builddir" tests/int/tool/window.gpu >"$out/log" 2>&1
sh "$top_srcdir/tests/int/tool/scheduled.sh" >"$out/log" 2>&1
case $? in
0) gpu=true ;;
77) gpu=null ;;
*) gpu=false failures="$failures scheduled.sh" ;;
esac
metrics="{\"programs\": $ran, \"passed\": $passed, \"on_gpu\": $gpu}"
[ -z "$failures" ] || fail "failed:$failures" "$metrics"
result PASS "all policies on a virtual clock, hpf on the GPU" "$metrics"
