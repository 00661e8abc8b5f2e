# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh - what the cases share; runs in an L1 host, in busybox' shell
#
# A case is sourced with "set -e": a command that fails fails the case.

D=/sys/kernel/debug

fail() {
	echo "FAILED: $*"
	exit 1
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# load RESULT FILE [PARAMETER...]: RESULT is OK or an errno's name
load() {
	local want=$1 got
	shift
	got=$(labtool insmod "$@") || true
	same "insmod $*" "$got" "$want"
}

# unload RESULT [NAME]
unload() {
	local got
	got=$(labtool rmmod ${2:-twinwalk}) || true
	same "rmmod ${2:-twinwalk}" "$got" "$1"
}

# One line, from the module, about the last load; a user has to learn from it.
# says PATTERN: the kernel log since the mark has it, from twinwalk.
mark() {
	echo "lab-mark $1" >/dev/kmsg
}

log_since_mark() {
	dmesg | sed -n "/lab-mark $1\$/,\$p"
}

# says MARK PATTERN
says() {
	log_since_mark "$1" | grep -q "twinwalk: .*$2" ||
		fail "the log does not say '$2': $(log_since_mark "$1")"
}

cpus_are() {
	local bad
	bad=$(grep -v " $1\$" $D/lab_cpus || true)
	[ -z "$bad" ] || fail "virtualisation is not $1: $bad"
}

# The bound keeps a test from hanging where the job does not come.
wait_for() {
	local i=0
	until eval "$1"; do
		i=$((i + 1))
		[ $i -lt 100 ] || fail "did not happen: $1"
		sleep 0.1
	done
}

# hold: a VM in the background; its process is $held
hold() {
	# Here, not in the background: what the last one said must not count.
	: >/tmp/held
	labtool hold >>/tmp/held &
	held=$!
	wait_for 'grep -q held /tmp/held'
}

release() {
	kill $held
	wait $held 2>/dev/null || true
}

# Nothing of Twinwalk is left in this host.
host_is_clean() {
	! grep -q '^twinwalk ' /proc/modules || fail "still loaded"
	[ ! -e /dev/kvm ] || fail "/dev/kvm is still there"
	[ ! -e $D/kvm ] || fail "debugfs is still there"
	# SLUB leaves the link of a cache that it merged; a folder is a cache.
	[ -z "$(find /sys/kernel/slab -maxdepth 1 -type d -name 'twinwalk*' \
		2>/dev/null)" ] || fail "slab caches are still there"
	! grep '^twinwalk' /proc/slabinfo || fail "slab caches are still there"
	[ -e $D/lab_cpus ] || insmod $LAB/labmod.ko
	cpus_are off
}

# After a case that failed: make the next one start from a host as it should be.
restore_host() {
	killall labtool
	rmmod twinwalk
	rmmod twinwalk_kunit
	rmmod twinwalk_bench
	rmmod kvm_amd
	rmmod kvm_intel
	rmmod kvm
	rmmod labmod
	insmod $LAB/labmod.ko
	echo 1 >/sys/devices/system/cpu/cpu1/online
}

vendor() {
	if grep -qw svm /proc/cpuinfo; then echo amd; else echo intel; fi
}
