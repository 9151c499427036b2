#!/bin/sh
# SPDX-License-Identifier: MIT
# The order contract while a thread holds and releases queues at random: from bypass, with windows, under policies, and with running waves
# saved and continued (level 3).
#
#   ROUNDS=n   rounds of the contract in all, a fifth with each setting (default 30)
#   KERNELS=n, KERNEL_US=n   the queued kernels (default 50 of 1000 us)
#   SEED=n     of the first round (default: another one each time); it is printed
set -u

tool=$top_builddir/.libs/libxsched_hsa_test.so
[ -e "$tool" ] || { echo "skipped: $tool is not built"; exit 77; }
[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
XS_TEST_TOOL=$tool HSA_TOOLS_LIB=$tool HSA_TOOLS_REPORT_LOAD_FAILURE=1
export XS_TEST_TOOL HSA_TOOLS_LIB HSA_TOOLS_REPORT_LOAD_FAILURE
rounds=$(((${ROUNDS:-30} + 4) / 5))
# A round takes about a second, more on a busy machine.
XS_TEST_SECONDS=$((120 + 10 * rounds))
export XS_TEST_SECONDS
seed=${SEED:-$(($(date +%s) % 1000000 + 1))}
out=$(mktemp) || exit 1
stats=$(mktemp) || exit 1
trap 'rm -f "$out" "$stats"' EXIT
for setting in XSCHED_HSA_LOG=warning XSCHED_HSA_WINDOW=3 \
	"XSCHED_HSA_POLICY=hpf XSCHED_HSA_WINDOW=8" "XSCHED_HSA_POLICY=up XSCHED_HSA_WINDOW_US=2000 XSCHED_HSA_TIMESLICE_US=3000" ORDER_LEVEL=3; do
	# shellcheck disable=SC2086
	env $setting XSCHED_HSA_STATS="$stats" "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/tool/held_order.gpu" \
		"${KERNELS:-50}" "${KERNEL_US:-1000}" "$rounds" "$seed" >"$out" 2>&1
	status=$?
	echo "== $setting, $rounds rounds, seed $seed: $status"
	if [ $status != 0 ]; then
		grep -v '^\[ *\(RUN\|OK\) *\]' "$out" | tail -n 60
		[ $status = 77 ] || echo "FAILED: with SEED=$seed $setting"
		exit $status
	fi
	grep '^[0-9]* holds$' "$out"
	# The gates did hold packets back, and let all of them go.
	command -v jq >/dev/null || continue
	jq -r '"\([.queues[].packets] | add) packets, held for \([.queues[].held_ns] | add / 1e6 | floor) ms"' "$stats"
	jq -e '[.queues[].held_ns] | add > 0' "$stats" >/dev/null || { echo "FAILED: no packet was ever held"; exit 1; }
	case $setting in ORDER_LEVEL=3)
		grep -q '^#define XS_CWSR 1' "$top_builddir/config.h" && [ "${XSCHED_TEST_HARDWARE:-0}" != 1 ] || continue
		jq -r '"waves saved \([.queues[].saves // 0] | add) times"' "$stats"
		jq -e '[.queues[].saves // 0] | add > 0' "$stats" >/dev/null || { echo "FAILED: no wave was ever saved"; exit 1; }
	esac
	seed=$((seed + 1))
done
