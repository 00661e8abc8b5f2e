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

# wait_for CONDITION [TENTHS]: the bound keeps a test from hanging where the job does
# not come.
wait_for() {
	local i=0
	until eval "$1"; do
		i=$((i + 1))
		[ $i -lt ${2:-100} ] || fail "did not happen: $1"
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

cmdline_word() {
	grep -qw "$1" /proc/cmdline
}

stock() {
	cmdline_word lab.stock
}

# kvm_on [PARAMETER...]: there is a /dev/kvm; Twinwalk's, with lab.debug that of the
# build that checks itself, or stock KVM's on a host that was booted for it
kvm_on() {
	local m
	if stock; then
		for m in $(cat $LAB/stock/order); do
			insmod $LAB/stock/$m
		done
	else
		load OK $LAB/twinwalk$(cmdline_word lab.debug && echo -debug).ko "$@"
	fi
}

kvm_off() {
	local m
	if stock; then
		for m in $(tac $LAB/stock/order); do
			rmmod ${m%.ko}
		done
	else
		wait_for '! grep -q on $D/lab_cpus'
		unload OK
		! dmesg | grep 'twinwalk: mmu debug' ||
			fail "the page tables were not what they had to be"
	fi
}

# What a process needs of a host to try memory of every kind.
memory_on() {
	mkdir -p /dev/shm
	mount -t tmpfs tmpfs /dev/shm
	echo ${1:-256} >/proc/sys/vm/nr_hugepages
	echo always >/sys/kernel/mm/transparent_hugepage/enabled
	echo always >/sys/kernel/mm/transparent_hugepage/defrag
}

memory_off() {
	echo 0 >/proc/sys/vm/nr_hugepages
	umount /dev/shm
}

# What guest-run says, as results; what a test said last is the reason, if it did
# not pass.
report_guests() {
	local line reason=
	while IFS= read -r line; do
		case $line in
		"ok "*) echo "S ${line#ok } 0" >&3 ;;
		"not ok "*)
			echo "$reason"
			sleep 0.1
			echo "S ${line#not ok } 1" >&3
			;;
		"skip "*) printf 'K %s\t%s\n' "${line#skip }" "$reason" >&3 ;;
		*) reason=$line ;;
		esac
	done
}

# A disk in memory, to swap to.
swap_on() {
	local m
	if [ -e $LAB/disk ]; then
		for m in $(cat $LAB/disk/order); do
			insmod $LAB/disk/$m
		done
	fi
	mkswap /dev/ram0 >/dev/null
	swapon /dev/ram0
	cat /proc/swaps
}

swap_off() {
	swapoff /dev/ram0
	[ ! -e $LAB/disk ] || rmmod brd
}

# Where QEMU and its guests are, for a host that has them.
Q=/linux

# What the host has of QEMU, with a place to write to.
linux_on() {
	local m
	if [ -e $LAB/9p ]; then
		for m in $(cat $LAB/9p/order); do
			insmod $LAB/9p/$m
		done
	fi
	mkdir -p $Q
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro linux $Q
	mount -o bind /dev $Q/dev
	mount -o bind /proc $Q/proc
	mount -o bind /sys $Q/sys
	mount -o bind /tmp $Q/tmp
	mkdir -p /dev/shm
	mount -t tmpfs tmpfs /dev/shm
}

linux_off() {
	umount /dev/shm $Q/tmp $Q/sys $Q/proc $Q/dev $Q
}

# qemu SECONDS ARGUMENT...: a Linux guest; labtool ends it when its time is up
qemu() {
	local limit=$1
	shift
	chroot $Q /bin/labtool bounded $limit /usr/bin/qemu-system-x86_64 -enable-kvm \
		-nodefaults -no-user-config -display none -m 256 \
		-kernel /guest/kernel -initrd /guest/initrd "$@" </dev/null
}
