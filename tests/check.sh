#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh - run parts of the checks, all of them whatever fails, and add up
#
#	check.sh PART...	static kunit bench amd amd-more intel install emulator
#				boot long
#
# The last line is the sum, and the exit status says whether all passed.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
export PATH=$PATH:/usr/sbin:/sbin
results=build/results
rm -rf "$results"
mkdir -p "$results"
begin=$SECONDS

tests/prepare.sh || { echo "0 passed, 1 failed"; exit 1; }

part() {
	echo "== $1 =="
	case $1 in
	static) tests/static.sh ;;
	install) tests/install.sh ;;
	emulator) tests/emulate/long.sh ;;
	kunit | bench | amd | amd-more | intel | boot | long) tests/lab/lab.py run "$1" ;;
	esac
	# A part that died before its verdict has failed all the same.
	[ -e "$results/check-$1" ] || echo "0 1" >"$results/check-$1"
}

for p in "$@"; do
	part "$p" 2>&1 | tee "$results/log-$p"
done

passed=0
failed=0
skipped=0
echo "== in all, $(((SECONDS - begin) / 60)) minutes =="
# Once more, where whoever sees the end alone finds it.
sed -n 's/^  NOT OK //p' "$results"/log-*
sed -n 's/^  \([a-z0-9-]*\): \([0-9]*\) s of \([0-9]*\)$/\1 \2 \3/p' \
	"$results"/log-* |
	awk '$2 > $3 * 3 / 4 { print "slow: " $1 ", " $2 " of " $3 " s" }'
for p in "$@"; do
	read -r ok bad left <"$results/check-$p"
	echo "check-$p: $ok passed, $bad failed, ${left:-0} skipped"
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + ${left:-0}))
done
[ "$skipped" = 0 ] || echo "$skipped skipped, each by name above"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
