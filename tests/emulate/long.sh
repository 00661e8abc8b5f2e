#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long.sh - what static.sh does with the emulator, ten times as much, and with
# other seeds; about seven minutes
#
# The seeds are those of the day, or SEED; the log says which, to replay it:
#	build/emulator/execute PART ROUNDS SEED
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
out=build/emulator
mkdir -p build/results "$out/corpus"
seed=${SEED:-$(date +%Y%m%d)}
passed=0
failed=0

# check NAME COMMAND...: passes if it succeeds
check() {
	local name=$1 log=$out/$1.log
	shift
	if "$@" >"$log" 2>&1 </dev/null; then
		echo "  ok     emulator: $name"
		passed=$((passed + 1))
	else
		echo "  NOT OK emulator: $name, seed $seed"
		tail -n 40 "$log" | sed 's/^/         | /'
		failed=$((failed + 1))
	fi
}

for program in compare execute fuzzer; do
	check "build-$program" tests/emulate/build.sh $program "$out/$program"
done
check decoder "$out/compare" 3000000 "$seed"
check accesses "$out/execute" accesses 0 "$seed"
check native "$out/execute" native 10000000 "$seed"
check step "$out/execute" step 5000000 "$seed"
check fuzz "$out/execute" fuzz 20000000 "$seed"
check fuzzer "$out/fuzzer" -max_total_time=240 -seed="$seed" -max_len=24 \
	-artifact_prefix="$out/" "$out/corpus"

echo "$passed $failed" >build/results/check-emulator
echo "check-emulator: $passed passed, $failed failed"
[ $failed = 0 ]
