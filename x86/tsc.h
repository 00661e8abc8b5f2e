/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tsc.h - a guest's time stamp counter
 *
 * Owns: offset and ratio of each vCPU's TSC, IA32_TSC and IA32_TSC_ADJUST, and
 * which vCPUs of a VM count together.
 *
 *	guest TSC = (host TSC * ratio >> frac_bits) + offset
 *
 * A VMM that starts or resumes a VM sets the TSC of one vCPU after the other, and
 * means them to be the same, though time goes by in between.  So what it writes
 * is taken for what was written to another vCPU before if it is 0, which is a new
 * vCPU's or a reset, or within a second of what that other one's has become.  All
 * that count together have one offset: a generation.
 *
 * Without scaling in hardware, or when the host's TSCs differ, a vCPU's TSC may
 * fall behind; then the offset is raised whenever the vCPU is loaded, or with a
 * guest that counts faster than the host before each entry (catch-up).  It never
 * goes back.
 *
 * A host whose TSC begins anew in suspend has lost some of it; guests are given that
 * back when their vCPUs are loaded for the first time after resume.  They do not
 * see the time that the host slept, of which the paravirtual clock tells.
 *
 * What is added to an offset so that the guest sees its TSC go on is a correction;
 * x86/pvclock.c counts in a TSC that only corrections have moved, so that it need
 * not know when somebody writes one.
 *
 * Locking: vCPU's mutex, and struct kvm_vm_tsc's own lock for the generation.  What
 * the host has lost is written when no other CPU is up.
 *
 * References: SDM 3B, "Time-Stamp Counter"; SDM 3C, "TSC multiplier"; APM 2,
 * 15.30.5 "TSC Ratio MSR"; Documentation/virt/kvm/devices/vcpu.rst, 4.
 *
 * Deliberately absent: hosts whose TSC changes its frequency.
 */
#ifndef TWINWALK_X86_TSC_H
#define TWINWALK_X86_TSC_H

#include <linux/spinlock_types.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;
struct msr_data;

/**
 * struct kvm_tsc_caps - what the vendor can do
 * @has_scaling: a ratio other than 1
 * @frac_bits: of a ratio's fraction
 * @max_ratio: the largest that the CPU takes
 * @max_khz: what is reached with that; U32_MAX if that is more
 */
struct kvm_tsc_caps {
	bool has_scaling;
	u8 frac_bits;
	u64 max_ratio;
	u32 max_khz;
};

/**
 * struct kvm_tsc_generation - what some vCPUs' TSCs have in common
 * @valid: there is one
 * @khz: of the guest's TSC
 * @ns: when it was set, in time since boot
 * @tsc: to what
 * @offset: by which that was reached
 * @lost: what the host had lost by then
 */
struct kvm_tsc_generation {
	bool valid;
	u32 khz;
	u64 ns;
	u64 tsc;
	u64 offset;
	u64 lost;
};

/**
 * struct kvm_vm_tsc - the TSC of a VM
 * @lock: guards @current_gen; inside of all that may sleep
 * @current_gen: the generation that was made last
 * @default_khz: of vCPUs made from now on; read and written whole
 */
struct kvm_vm_tsc {
	raw_spinlock_t lock;
	struct kvm_tsc_generation current_gen;
	u32 default_khz;
};

/**
 * struct kvm_vcpu_tsc - the TSC of a vCPU
 * @offset: see above
 * @ratio: see above; 1 shifted by frac_bits where there is no scaling
 * @adjust: IA32_TSC_ADJUST
 * @khz: of the guest's TSC
 * @catchup: raise it when the vCPU is loaded
 * @always_catchup: and before each entry
 * @base_ns: when the TSC was @base_tsc, for the catch-up
 * @base_tsc: see there
 * @last_host_tsc: when the vCPU was put
 * @last_cpu: where, or -1
 * @lost: of what the host has lost, how much is in @offset
 * @correction: of @offset, what is a correction; see above
 * @l2_offset: a nested guest's TSC is so much more; 0 while none runs
 */
struct kvm_vcpu_tsc {
	u64 offset;
	u64 ratio;
	u64 adjust;
	u32 khz;
	bool catchup;
	bool always_catchup;
	u64 base_ns;
	u64 base_tsc;
	u64 last_host_tsc;
	int last_cpu;
	u64 lost;
	u64 correction;
	u64 l2_offset;
};

/**
 * kvm_tsc_init() - nothing can be scaled; a step of the ladder
 *
 * Context: module load, before the vendor's hardware_setup().
 * Return: 0.
 */
int kvm_tsc_init(void);

/**
 * kvm_tsc_set_scaling() - the vendor can scale
 * @frac_bits: of a ratio's fraction, below 64
 * @max_ratio: the largest
 *
 * Context: module load, from the vendor's hardware_setup().
 */
void kvm_tsc_set_scaling(u8 frac_bits, u64 max_ratio);

/** kvm_tsc_caps() - what the vendor can do */
const struct kvm_tsc_caps *kvm_tsc_caps(void);

/** kvm_tsc_scale() - a host's TSC, or a difference of two, in the guest's unit */
u64 kvm_tsc_scale(u64 tsc, u64 ratio, u8 frac_bits);

/**
 * kvm_tsc_ratio() - the ratio of two frequencies, rounded down
 * @guest_khz: not above what @frac_bits leave room for, that is, caps' max_khz
 * @host_khz: not 0
 * @frac_bits: of the ratio
 */
u64 kvm_tsc_ratio(u32 guest_khz, u32 host_khz, u8 frac_bits);

/** kvm_tsc_max_khz() - what is reached with a ratio; at most U32_MAX */
u32 kvm_tsc_max_khz(u64 ratio, u32 host_khz, u8 frac_bits);

/** kvm_tsc_cycles() - how far a TSC goes in some nanoseconds; modulo 2^64 */
u64 kvm_tsc_cycles(u64 ns, u32 khz);

/** kvm_tsc_khz_is_near() - are two frequencies as good as one?  250 ppm */
bool kvm_tsc_khz_is_near(u32 guest_khz, u32 host_khz);

/**
 * kvm_tsc_write_matches() - does a vCPU join a generation?  See above
 * @gen: the generation
 * @data: what userspace writes
 * @ns: now
 * @khz: of the vCPU
 */
bool kvm_tsc_write_matches(const struct kvm_tsc_generation *gen, u64 data,
			   u64 ns, u32 khz);

/** kvm_vm_tsc_create() - of a new VM, zeroed */
void kvm_vm_tsc_create(struct kvm *kvm);

/**
 * kvm_vcpu_tsc_create() - of a new vCPU: 0, or with the others
 * @vcpu: zeroed, but for what others own
 *
 * Context: vCPU loaded, the vendor's part of it is there.
 */
void kvm_vcpu_tsc_create(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_tsc_load() - the vCPU is on another CPU
 * @vcpu: the vCPU
 * @cpu: this one
 *
 * Context: preemption off; after the vendor's vcpu_load.
 */
void kvm_vcpu_tsc_load(struct kvm_vcpu *vcpu, int cpu);

/** kvm_vcpu_tsc_put() - the reverse */
void kvm_vcpu_tsc_put(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_tsc_catchup() - raise a TSC that has fallen behind
 * @vcpu: loaded
 *
 * If it has always_catchup, to be called before each entry.
 *
 * Context: preemption off.
 */
void kvm_vcpu_tsc_catchup(struct kvm_vcpu *vcpu);

/** kvm_read_guest_tsc() - the guest's TSC when the host's is @host_tsc */
u64 kvm_read_guest_tsc(struct kvm_vcpu *vcpu, u64 host_tsc);

/**
 * kvm_synchronize_tsc() - userspace sets a vCPU's TSC; see above
 * @vcpu: loaded
 * @data: to what
 *
 * Return: 0.
 */
int kvm_synchronize_tsc(struct kvm_vcpu *vcpu, u64 data);

/**
 * kvm_tsc_hz() - the rate at which a vCPU's TSC goes
 * @vcpu: the vCPU
 *
 * Which is not quite what userspace wants where nothing is scaled.
 *
 * Return: per second; 0, the host does not know its own.
 */
u64 kvm_tsc_hz(const struct kvm_vcpu *vcpu);

/** kvm_tsc_scaled() - a host's TSC in the unit of guests that have this ratio */
u64 kvm_tsc_scaled(u64 ratio, u64 host_tsc);

/** kvm_tsc_corrected() - the TSC that nobody but corrections has moved; see above */
u64 kvm_tsc_corrected(const struct kvm_vcpu *vcpu, u64 host_tsc);

/**
 * kvm_tsc_vcpus_match() - is the TSC of all vCPUs one and the same?
 * @kvm: the VM
 *
 * Context: any.  What changes meanwhile may be missed; who changes it makes
 * KVM_REQ_MASTERCLOCK_UPDATE.
 * Return: false also if there is no vCPU, or the host's own TSC is not stable.
 */
bool kvm_tsc_vcpus_match(struct kvm *kvm);

/** kvm_tsc_lost_in_suspend() - a TSC was @before, and is @now: what is gone? */
u64 kvm_tsc_lost_in_suspend(u64 before, u64 now);

/** kvm_tsc_host_lost() - the host's TSC began anew; no vCPU is loaded meanwhile */
void kvm_tsc_host_lost(u64 cycles);

/* IA32_TSC and IA32_TSC_ADJUST, for x86/msr_table.c. */
int kvm_get_msr_tsc(struct kvm_vcpu *vcpu, struct msr_data *msr);
int kvm_set_msr_tsc(struct kvm_vcpu *vcpu, struct msr_data *msr);
int kvm_get_msr_tsc_adjust(struct kvm_vcpu *vcpu, struct msr_data *msr);
int kvm_set_msr_tsc_adjust(struct kvm_vcpu *vcpu, struct msr_data *msr);

/* KVM_SET_TSC_KHZ, KVM_GET_TSC_KHZ: @data is the number. */
long kvm_vcpu_ioctl_set_tsc_khz(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_tsc_khz(struct kvm_vcpu *vcpu, void *data);
long kvm_vm_ioctl_set_tsc_khz(struct kvm *kvm, void *data);
long kvm_vm_ioctl_get_tsc_khz(struct kvm *kvm, void *data);

/* KVM_*_DEVICE_ATTR of a vCPU: @data is a struct kvm_device_attr. */
long kvm_vcpu_ioctl_has_device_attr(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_device_attr(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_device_attr(struct kvm_vcpu *vcpu, void *data);

#endif
