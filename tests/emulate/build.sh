#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh - build one of the emulator's test programs, with sanitizers
#
#	build.sh compare|execute|fuzzer FILE
#
# fuzzer is the fuzz target under libFuzzer; its options are libFuzzer's.
set -euo pipefail

file=$(realpath "$2")
cd "$(dirname "$0")/../.."
flags=(-g -Wall -Wextra -Wno-missing-field-initializers -Wno-unused-parameter
	-Werror -fsanitize=address,undefined -Itests/emulate/include -I.)
case $1 in
compare)
	gcc -O2 "${flags[@]}" -o "$file" tests/emulate/*.c emulate/*.c -lZydis ;;
execute)
	gcc -O2 "${flags[@]}" -o "$file" tests/emulate/execute/*.c \
		tests/emulate/rows.c emulate/*.c ;;
fuzzer)
	clang -O1 "${flags[@]}" -Wno-initializer-overrides -fsanitize=fuzzer \
		-fno-sanitize-recover=undefined -o "$file" \
		tests/emulate/execute/{fuzz,world}.c emulate/*.c ;;
esac
