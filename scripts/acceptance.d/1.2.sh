# SPDX-License-Identifier: MIT
# The examples find their own results right, as `make check` runs them.
ran=$(sh "$top_srcdir/examples/examples.sh" 2>&1)
case $? in
0) result PASS "transparent scheduling, partition, priorities, hints, suspension" "$(ls "$top_srcdir"/examples/*.hip | jq -Rn '{examples: [inputs] | length}')" ;;
77) skip "$ran" ;;
*) fail "$(echo "$ran" | tail -n 3 | tr '\n' ' ')" ;;
esac
