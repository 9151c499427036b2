#!/bin/sh
# SPDX-License-Identifier: MIT
# Level 3 is in the tool library if it was configured, and otherwise nothing of it is: no function, no text, no setting.
set -u

[ -z "$SANITIZE" ] || { echo "SKIP: a sanitizer adds its own symbols"; exit 77; }
lib=$top_builddir/.libs/libxsched_hsa.so
functions=$(nm "$lib" 2>/dev/null | awk '{print $NF}' | grep -cE '^(cwsr_|kfd_|got_|control_)')
texts=$(strings -a "$lib" | grep -cE 'level 3|xsched-cwsr|XSCHED_HSA_LV3|UPDATE_QUEUE|DBG_TRAP|/dev/kfd')
[ -n "$(nm "$lib" 2>/dev/null)" ] || { echo "SKIP: $lib has no symbols"; exit 77; }
echo "functions: $functions, texts: $texts"
if grep -q '^#define XS_CWSR 1' "$top_builddir/config.h"; then
	echo "configured with level 3"
	[ "$functions" -gt 20 ] && [ "$texts" -gt 10 ]
else
	echo "configured without level 3"
	[ "$functions" -eq 0 ] && [ "$texts" -eq 0 ]
fi
