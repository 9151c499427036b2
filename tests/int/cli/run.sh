#!/bin/sh
# SPDX-License-Identifier: MIT
# xschedctl run: the environment it makes, what it leaves alone, and that it becomes the program.
set -u

ctl=$top_builddir/xschedctl
tool=$top_builddir/.libs/libxsched_hsa.so
[ -x "$ctl" ] || { echo "skipped: $ctl is not built"; exit 77; }
[ -e "$tool" ] || { echo "skipped: $tool is not built"; exit 77; }
failed=0

# same NAME EXPECTED IS
same()
{
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		printf 'FAILED: %s: expected\n%s\nis\n%s\n' "$1" "$2" "$3"
		failed=1
	fi
}
unset HSA_TOOLS_LIB LD_PRELOAD HSA_TOOLS_ROCPROFILER_V1_TOOLS HSA_TOOLS_REPORT_LOAD_FAILURE XSCHEDCTL_LIBRARY

same "what is set without options" "HSA_TOOLS_LIB=$tool
LD_PRELOAD=$tool
HSA_TOOLS_ROCPROFILER_V1_TOOLS=1
HSA_TOOLS_REPORT_LOAD_FAILURE=1
HSA_ENABLE_SCRATCH_ASYNC_RECLAIM=0
HSA_ALLOCATE_QUEUE_DEV_MEM=0
DEBUG_CLR_AQL_DEV_QUEUE=0" "$("$ctl" run --print)"
same "options" "ROCR_VISIBLE_DEVICES=0,2
XSCHED_HSA_DEADLINE_US=1500
XSCHED_HSA_JOB=night run
XSCHED_HSA_LAXITY_US=2000000
XSCHED_HSA_LEVEL=1
XSCHED_HSA_POLICY=hpf
XSCHED_HSA_PRIORITY=-100
XSCHED_HSA_SHARE=75
XSCHED_HSA_SOCKET=$PWD/sock
XSCHED_HSA_WEIGHT=300
XSCHED_HSA_WINDOW_US=500" "$("$ctl" run --print --priority high --priority low --share 75% --deadline 1.5ms --laxity 2s --weight 300 --level 1 \
	--window 500 --policy hpf --job "night run" --gpu 0,2 --socket sock -- true --priority 3 | grep -E '^(XSCHED|ROCR)' | sort)"
same "no deadline" "XSCHED_HSA_DEADLINE_US=-1" "$(XSCHED_HSA_DEADLINE_US=7 "$ctl" run --print --deadline none | grep DEADLINE)"
same "what the user set stays" "HSA_TOOLS_LIB=/a.so $tool
LD_PRELOAD=$tool:/b.so" "$(HSA_TOOLS_LIB=/a.so LD_PRELOAD=/b.so HSA_TOOLS_ROCPROFILER_V1_TOOLS=0 HSA_TOOLS_REPORT_LOAD_FAILURE=0 \
	HSA_ENABLE_SCRATCH_ASYNC_RECLAIM=1 HSA_ALLOCATE_QUEUE_DEV_MEM=1 DEBUG_CLR_AQL_DEV_QUEUE=3 "$ctl" run --print 2>/dev/null)"
same "a library that is named" "LD_PRELOAD=$tool" \
	"$(XSCHEDCTL_LIBRARY=/none "$ctl" run --library "$top_builddir/.libs/../.libs/libxsched_hsa.so" --print | grep LD_PRELOAD)"
same "JSON" "{\"LD\":\"$tool\",\"command\":[\"prog\",\"a b\"]}" \
	"$("$ctl" run --json --print prog "a b" | { command -v jq >/dev/null && jq -c '{LD: .environment.LD_PRELOAD, command}' || cat; })"

"$ctl" run --print --library /nonexistent/libxsched_hsa.so 2>&1 | grep -q -e "--library=/nonexistent/libxsched_hsa.so: must be" ||
	{ echo "FAILED: a library that is not there"; failed=1; }

# An instrumented library cannot be preloaded into a program that is not.
if [ -z "${SANITIZE:-}" ]; then
	same "the program's output, arguments and environment" "a b|-100|$tool" \
		"$("$ctl" run --priority low -- sh -c 'echo "$1|$XSCHED_HSA_PRIORITY|$LD_PRELOAD"' sh "a b")"
	"$ctl" run -- sh -c 'exit 43'
	same "the program's status" 43 $?
	"$ctl" run sh -c 'exit 44' --priority 7
	same "options behind the program are its own" 44 $?
	same "the process is the same one" same "$(sh -c 'echo $$; exec "$@"' sh "$ctl" run -- sh -c 'echo $$' | uniq | awk 'END { print NR == 1 ? "same" : "other" }')"
	same "nothing else is printed" "" "$("$ctl" run -- true 2>&1)"
	# What doctor sees of a process that run started, and of one that it did not.
	doctor() { "$ctl" --socket=/nonexistent --json doctor --pid "$1" | grep -o "\"check\":\"$2\",\"verdict\":\"[a-z]*\""; }
	for check in loaded HSA_TOOLS_LIB LD_PRELOAD program set-user-ID; do
		same "doctor of a process that was launched: $check" "\"check\":\"$check\",\"verdict\":\"ok\"" \
			"$("$ctl" run -- sh -c '"$0" --socket=/nonexistent --json doctor --pid $$' "$ctl" | grep -o "\"check\":\"$check\",\"verdict\":\"[a-z]*\"")"
	done
	same "doctor of a process that was not" '"check":"loaded","verdict":"problem"' "$(doctor $$ loaded)"
	same "a library preloaded twice" "$tool" "$("$ctl" run -- "$ctl" run -- sh -c 'echo $LD_PRELOAD')"
fi
"$ctl" run -- /nonexistent/program 2>/dev/null
same "a program that is not there" 127 $?
"$ctl" run -- / 2>/dev/null
same "a program that cannot be run" 126 $?
exit $failed
