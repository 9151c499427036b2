# SPDX-License-Identifier: MIT
# An endless kernel makes room for urgent ones and goes on, in one process and between two; it starts once and ends once.
for script in tool multi; do
	said=$(sh "$top_srcdir/tests/int/$script/level3.sh" 2>&1)
	case $? in
	0) ;;
	77) skip "$said" ;;
	*) fail "tests/int/$script/level3.sh: $(echo "$said" | tail -n 3 | tr '\n' ' ')" ;;
	esac
done
result PASS "running waves saved, continued where they were, results right; make soak does it a thousand times" '{"rounds": 8}'
