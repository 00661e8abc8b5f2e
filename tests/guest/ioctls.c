// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls.c - bad input to every ioctl there is, and what it has to say
 *
 *	ioctls		prints what was wrong, and how many rows there were
 *
 * A row is one call on one descriptor and the errno that api.rst documents for
 * it, or that stock KVM has, which runs the same table.  What is passed ends at
 * the end of a page, with nothing behind it, so that a call that reads too much
 * faults.  After all of it the vCPUs are as they were, and their guests run.
 */
#include <asm/kvm_para.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h"

/* Which descriptor; those of the second VM have an irqchip in the kernel. */
enum on {
	DEV,
	VM,
	CPU,
	CHIP_VM,
	CHIP_CPU,
	NR_ON
};

static const char *const on_names[] = { "/dev/kvm", "VM", "vCPU",
					"VM with irqchip",
					"vCPU with irqchip" };

/**
 * struct row - a call
 * @what: is wrong with it
 * @on: which descriptor
 * @cmd: the ioctl
 * @error: the errno, 0 if it works
 * @arg: what is passed; with none, @value itself is
 * @size: of that, if the ioctl's number does not tell
 * @value: passed if there is no @arg; else what the call returns
 */
struct row {
	const char *what;
	enum on on;
	unsigned long cmd;
	int error;
	const void *arg;
	unsigned long size;
	long value;
};

/* A list with room for one, of whatever kind. */
struct one_msr {
	struct kvm_msrs list;
	struct kvm_msr_entry entry;
};

struct one_cpuid {
	struct kvm_cpuid2 list;
	struct kvm_cpuid_entry2 entry;
};

struct one_route {
	struct kvm_irq_routing list;
	struct kvm_irq_routing_entry entry;
};

struct signals {
	struct kvm_signal_mask mask;
	__u64 set;
};

static int eventfd_of_rows = 100;
static __u8 bits[0x600];

#define MSR_NONE 0xc0001234
#define K	 0x1000ull

static const struct row dev_rows[] = {
	{ "argument", DEV, KVM_GET_API_VERSION, EINVAL, .value = 1 },
	{ "argument", DEV, KVM_GET_VCPU_MMAP_SIZE, EINVAL, .value = 1 },
	{ "type", DEV, KVM_CREATE_VM, EINVAL, .value = 1 },
	{ "high bits of type", DEV, KVM_CREATE_VM, EINVAL, .value = 1l << 40 },
	{ "no room", DEV, KVM_GET_MSR_INDEX_LIST, E2BIG,
	  &(const struct kvm_msr_list){ .nmsrs = 0 } },
	{ "no room", DEV, KVM_GET_MSR_FEATURE_INDEX_LIST, E2BIG,
	  &(const struct kvm_msr_list){ .nmsrs = 0 } },
	{ "no room", DEV, KVM_GET_SUPPORTED_CPUID, E2BIG,
	  &(const struct kvm_cpuid2){ .nent = 0 } },
	{ "room for one", DEV, KVM_GET_SUPPORTED_CPUID, E2BIG,
	  &(const struct one_cpuid){ { .nent = 1 } },
	  sizeof(struct one_cpuid) },
	{ "no room", DEV, KVM_GET_EMULATED_CPUID, E2BIG,
	  &(const struct kvm_cpuid2){ .nent = 0 } },
	{ "too many", DEV, KVM_GET_MSRS, E2BIG,
	  &(const struct kvm_msrs){ .nmsrs = 256 } },
	{ "far too many", DEV, KVM_GET_MSRS, E2BIG,
	  &(const struct kvm_msrs){ .nmsrs = -1 } },
	{ "unknown MSR", DEV, KVM_GET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 }, { .index = MSR_NONE } },
	  sizeof(struct one_msr), 0 },
	{ "unknown group", DEV, KVM_HAS_DEVICE_ATTR, ENXIO,
	  &(const struct kvm_device_attr){ .group = 1 } },
	{ "unknown attribute", DEV, KVM_GET_DEVICE_ATTR, ENXIO,
	  &(const struct kvm_device_attr){ .attr = 99 } },
	{ "good", DEV, KVM_HAS_DEVICE_ATTR, 0,
	  &(const struct kvm_device_attr){ .attr = KVM_X86_XCOMP_GUEST_SUPP } },
	{ "nowhere", DEV, KVM_GET_DEVICE_ATTR, EFAULT,
	  &(const struct kvm_device_attr){ .attr = KVM_X86_XCOMP_GUEST_SUPP } },
	{ "a vCPU's", DEV, KVM_SET_MSRS, EINVAL,
	  &(const struct kvm_msrs){ .nmsrs = 0 } },
	{ "a vCPU's", DEV, KVM_RUN, EINVAL },
	{ "a VM's", DEV, KVM_CREATE_VCPU, EINVAL },
	{ "unknown", DEV, _IO(KVMIO, 0xff), EINVAL },
	{ "known number, other size", DEV, _IOW(KVMIO, 0x00, __u64), EINVAL },
	{ "another driver's", DEV, _IO('x', 0), EINVAL },
};

static const struct row vm_rows[] = {
	{ "unknown", VM, _IO(KVMIO, 0xff), ENOTTY },
	{ "another driver's", VM, _IO('x', 0), ENOTTY },
	{ "a vCPU's", VM, KVM_RUN, ENOTTY },
	{ "/dev/kvm's", VM, KVM_CREATE_VM, ENOTTY },
	{ "id too high", VM, KVM_CREATE_VCPU, EINVAL, .value = 4096 },
	{ "id of 32 bits", VM, KVM_CREATE_VCPU, EINVAL, .value = 0xffffffff },
	/* Of the number, 32 bits count. */
	{ "id of 40 bits", VM, KVM_CREATE_VCPU, EEXIST, .value = 1l << 40 },
	{ "id taken", VM, KVM_CREATE_VCPU, EEXIST, .value = 0 },
	/* Slots: the case memslots has many more. */
	{ "overlaps", VM, KVM_SET_USER_MEMORY_REGION, EEXIST,
	  &(const struct kvm_userspace_memory_region){ 1, 0, LOW_SIZE - K,
						       2 * K, 0x10000 } },
	{ "wraps", VM, KVM_SET_USER_MEMORY_REGION, EINVAL,
	  &(const struct kvm_userspace_memory_region){ 1, 0, -K, 2 * K,
						       0x10000 } },
	{ "unknown flag", VM, KVM_SET_USER_MEMORY_REGION, EINVAL,
	  &(const struct kvm_userspace_memory_region){ 1, 4, AREA_AT, K,
						       0x10000 } },
	{ "number too high", VM, KVM_SET_USER_MEMORY_REGION, EINVAL,
	  &(const struct kvm_userspace_memory_region){ 32764, 0, AREA_AT, K,
						       0x10000 } },
	{ "deletes nothing", VM, KVM_SET_USER_MEMORY_REGION, EINVAL,
	  &(const struct kvm_userspace_memory_region){ 7, 0, 0, 0, 0 } },
	{ "unknown", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = 9999 } },
	{ "flags", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_X86_USER_SPACE_MSR,
					  .flags = 1 } },
	{ "hypercall that can't exit", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_EXIT_HYPERCALL,
					  .args = { 1 << 5 } } },
	{ "hypercall", VM, KVM_ENABLE_CAP, 0,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_EXIT_HYPERCALL,
					  .args = { 1 << 12 } } },
	{ "unknown reasons", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_X86_USER_SPACE_MSR,
					  .args = { 1 << 10 } } },
	{ "too many pins", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_SPLIT_IRQCHIP,
					  .args = { 5000 } } },
	{ "more than 32 bits", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_HALT_POLL,
					  .args = { 1ull << 32 } } },
	{ "flags", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_HALT_POLL,
					  .flags = 1 } },
	{ "good", VM, KVM_ENABLE_CAP, 0,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_HALT_POLL,
					  .args = { 100000 } } },
	{ "split, after a vCPU", VM, KVM_ENABLE_CAP, EEXIST,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_SPLIT_IRQCHIP,
					  .args = { 24 } } },
	{ "after a vCPU", VM, KVM_CREATE_IRQCHIP, EINVAL },
	{ "after a vCPU", VM, KVM_SET_BOOT_CPU_ID, EBUSY, .value = 0 },
	{ "no irqchip", VM, KVM_GET_IRQCHIP, ENXIO,
	  &(const struct kvm_irqchip){ .chip_id = 0 } },
	{ "no irqchip", VM, KVM_SET_IRQCHIP, ENXIO,
	  &(const struct kvm_irqchip){ .chip_id = 0 } },
	{ "no PIT", VM, KVM_GET_PIT, ENXIO, &(const struct kvm_pit_state){} },
	{ "no PIT", VM, KVM_SET_PIT, ENXIO, &(const struct kvm_pit_state){} },
	{ "no PIT", VM, KVM_GET_PIT2, ENXIO, &(const struct kvm_pit_state2){} },
	{ "no PIT", VM, KVM_SET_PIT2, ENXIO, &(const struct kvm_pit_state2){} },
	{ "no PIT", VM, KVM_REINJECT_CONTROL, ENXIO,
	  &(const struct kvm_reinject_control){},
	  sizeof(struct kvm_reinject_control) },
	{ "no irqchip", VM, KVM_IRQ_LINE, ENXIO,
	  &(const struct kvm_irq_level){} },
	{ "no irqchip", VM, KVM_IRQ_LINE_STATUS, ENXIO,
	  &(const struct kvm_irq_level){} },
	{ "no irqchip", VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct kvm_irq_routing){} },
	{ "no irqchip", VM, KVM_SIGNAL_MSI, EINVAL, &(const struct kvm_msi){} },
	{ "unknown exits", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_X86_DISABLE_EXITS,
					  .args = { 1 << 4 } } },
	{ "after a vCPU", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_X86_DISABLE_EXITS,
		  .args = { KVM_X86_DISABLE_EXITS_HLT } } },
	{ "too high", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_MAX_VCPU_ID,
					  .args = { 4097 } } },
	{ "after a vCPU", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_MAX_VCPU_ID,
					  .args = { 16 } } },
	{ "argument", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_VM_DISABLE_NX_HUGE_PAGES,
		  .args = { 1 } } },
	{ "after a vCPU", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_VM_DISABLE_NX_HUGE_PAGES } },
	{ "highest", VM, KVM_SET_TSS_ADDR, 0, .value = 0xffffd000 },
	{ "too high", VM, KVM_SET_TSS_ADDR, EINVAL, .value = 0xffffd001 },
	{ "above 4 GiB", VM, KVM_SET_TSS_ADDR, EINVAL, .value = 1l << 32 },
	{ "after a vCPU", VM, KVM_SET_IDENTITY_MAP_ADDR, EINVAL,
	  &(const __u64){ 0xfffbc000 } },
};

static const struct row chip_rows[] = {
	{ "again", CHIP_VM, KVM_CREATE_IRQCHIP, EEXIST },
	{ "split as well", CHIP_VM, KVM_ENABLE_CAP, EEXIST,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_SPLIT_IRQCHIP,
					  .args = { 24 } } },
	{ "unknown chip", CHIP_VM, KVM_GET_IRQCHIP, EINVAL,
	  &(const struct kvm_irqchip){ .chip_id = 3 } },
	{ "unknown chip", CHIP_VM, KVM_SET_IRQCHIP, EINVAL,
	  &(const struct kvm_irqchip){ .chip_id = 3 } },
	{ "highest chip", CHIP_VM, KVM_GET_IRQCHIP, 0,
	  &(const struct kvm_irqchip){ .chip_id = 2 } },
	{ "good", CHIP_VM, KVM_CREATE_PIT2, 0,
	  &(const struct kvm_pit_config){ .flags = 0 } },
	{ "again", CHIP_VM, KVM_CREATE_PIT2, EEXIST,
	  &(const struct kvm_pit_config){ .flags = 0 } },
	{ "again", CHIP_VM, KVM_CREATE_PIT, EEXIST },
	{ "flags", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct kvm_irq_routing){ .flags = 1 } },
	{ "too many", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct kvm_irq_routing){ .nr = 4097 } },
	{ "unknown type", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct one_route){ { .nr = 1 }, { .type = 99 } },
	  sizeof(struct one_route) },
	{ "GSI too high", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct one_route){
		  { .nr = 1 },
		  { .type = KVM_IRQ_ROUTING_MSI, .gsi = 4096 } },
	  sizeof(struct one_route) },
	{ "unknown chip", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct one_route){
		  { .nr = 1 },
		  { .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { 9, 0 } } },
	  sizeof(struct one_route) },
	{ "pin too high", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct one_route){
		  { .nr = 1 },
		  { .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { 2, 24 } } },
	  sizeof(struct one_route) },
	{ "flags of an entry", CHIP_VM, KVM_SET_GSI_ROUTING, EINVAL,
	  &(const struct one_route){
		  { .nr = 1 },
		  { .type = KVM_IRQ_ROUTING_IRQCHIP, .flags = 1 } },
	  sizeof(struct one_route) },
	{ "flags", CHIP_VM, KVM_SIGNAL_MSI, EINVAL,
	  &(const struct kvm_msi){ .address_lo = 0xfee00000, .flags = 2 } },
	{ "irqchip in the kernel", CHIP_CPU, KVM_INTERRUPT, ENXIO,
	  &(const struct kvm_interrupt){ 32 } },
	{ "unknown", CHIP_CPU, KVM_SET_MP_STATE, EINVAL,
	  &(const struct kvm_mp_state){ 100 } },
	{ "another architecture's", CHIP_CPU, KVM_SET_MP_STATE, EINVAL,
	  &(const struct kvm_mp_state){ KVM_MP_STATE_STOPPED } },
	{ "flags", CHIP_CPU, KVM_TPR_ACCESS_REPORTING, EINVAL,
	  &(const struct kvm_tpr_access_ctl){ .flags = 1 } },
	{ "good", CHIP_CPU, KVM_TPR_ACCESS_REPORTING, 0,
	  &(const struct kvm_tpr_access_ctl){ .enabled = 0 } },
	{ "no memory", CHIP_CPU, KVM_SET_VAPIC_ADDR, EINVAL,
	  &(const struct kvm_vapic_addr){ MMIO_AT } },
	{ "the end of memory", CHIP_CPU, KVM_SET_VAPIC_ADDR, EINVAL,
	  &(const struct kvm_vapic_addr){ LOW_SIZE - 2 } },
	{ "all of it", CHIP_CPU, KVM_SET_VAPIC_ADDR, EINVAL,
	  &(const struct kvm_vapic_addr){ -2ull } },
	{ "good", CHIP_CPU, KVM_SET_VAPIC_ADDR, 0,
	  &(const struct kvm_vapic_addr){ DATA_AT } },
	{ "none", CHIP_CPU, KVM_SET_VAPIC_ADDR, 0,
	  &(const struct kvm_vapic_addr){ 0 } },
	{ "halted", CHIP_CPU, KVM_SET_MP_STATE, 0,
	  &(const struct kvm_mp_state){ KVM_MP_STATE_HALTED } },
	{ "runnable", CHIP_CPU, KVM_SET_MP_STATE, 0,
	  &(const struct kvm_mp_state){ KVM_MP_STATE_RUNNABLE } },
};

/* The eventfd's number is eventfd_of_rows. */
static const struct row irqfd_rows[] = {
	{ "no irqchip", VM, KVM_IRQFD, EINVAL,
	  &(const struct kvm_irqfd){ .fd = 100, .gsi = 5 } },
	{ "unknown flag", CHIP_VM, KVM_IRQFD, EINVAL,
	  &(const struct kvm_irqfd){ .fd = 100, .flags = 4 } },
	{ "unknown flag, taken off", CHIP_VM, KVM_IRQFD, EINVAL,
	  &(const struct kvm_irqfd){ .fd = 100, .flags = 1u << 31 | 1 } },
	{ "bad descriptor", CHIP_VM, KVM_IRQFD, EBADF,
	  &(const struct kvm_irqfd){ .fd = -1, .gsi = 5 } },
	{ "bad descriptor, taken off", CHIP_VM, KVM_IRQFD, EBADF,
	  &(const struct kvm_irqfd){ .fd = -1,
				     .flags = KVM_IRQFD_FLAG_DEASSIGN } },
	{ "no eventfd", CHIP_VM, KVM_IRQFD, EINVAL,
	  &(const struct kvm_irqfd){ .fd = 0, .gsi = 5 } },
	{ "bad second descriptor", CHIP_VM, KVM_IRQFD, EBADF,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = 5,
				     .flags = KVM_IRQFD_FLAG_RESAMPLE,
				     .resamplefd = -1 } },
	{ "second is no eventfd", CHIP_VM, KVM_IRQFD, EINVAL,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = 5,
				     .flags = KVM_IRQFD_FLAG_RESAMPLE,
				     .resamplefd = 0 } },
	{ "not assigned", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = 5,
				     .flags = KVM_IRQFD_FLAG_DEASSIGN } },
	{ "good", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100, .gsi = 5 } },
	{ "the same again", CHIP_VM, KVM_IRQFD, EBUSY,
	  &(const struct kvm_irqfd){ .fd = 100, .gsi = 5 } },
	{ "the same, another GSI", CHIP_VM, KVM_IRQFD, EBUSY,
	  &(const struct kvm_irqfd){ .fd = 100, .gsi = 6 } },
	{ "removed", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = 5,
				     .flags = KVM_IRQFD_FLAG_DEASSIGN } },
	{ "a GSI that is nothing", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100, .gsi = -1 } },
	{ "removed", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = -1,
				     .flags = KVM_IRQFD_FLAG_DEASSIGN } },
	{ "told by itself", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = 5,
				     .flags = KVM_IRQFD_FLAG_RESAMPLE,
				     .resamplefd = 100 } },
	{ "removed, with both flags", CHIP_VM, KVM_IRQFD, 0,
	  &(const struct kvm_irqfd){ .fd = 100,
				     .gsi = 5,
				     .flags = KVM_IRQFD_FLAG_DEASSIGN |
					      KVM_IRQFD_FLAG_RESAMPLE } },
};

static const struct row io_rows[] = {
	{ "neither kind", VM, KVM_REGISTER_COALESCED_MMIO, EINVAL,
	  &(const struct kvm_coalesced_mmio_zone){ MMIO_AT, 8, { .pio = 2 } } },
	{ "neither kind", VM, KVM_UNREGISTER_COALESCED_MMIO, EINVAL,
	  &(const struct kvm_coalesced_mmio_zone){ MMIO_AT, 8, { .pio = 2 } } },
	{ "nothing there", VM, KVM_UNREGISTER_COALESCED_MMIO, 0,
	  &(const struct kvm_coalesced_mmio_zone){ MMIO_AT, 8, { .pio = 0 } } },
	{ "unknown flag", VM, KVM_IOEVENTFD, EINVAL,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, 100, 1 << 7 } },
	{ "length", VM, KVM_IOEVENTFD, EINVAL,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 3, 100, 0 } },
	{ "length", VM, KVM_IOEVENTFD, EINVAL,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 16, 100, 0 } },
	{ "wraps", VM, KVM_IOEVENTFD, EINVAL,
	  &(const struct kvm_ioeventfd){ 0, -2ull, 4, 100, 0 } },
	{ "no length, but data", VM, KVM_IOEVENTFD, EINVAL,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 0, 100,
					 KVM_IOEVENTFD_FLAG_DATAMATCH } },
	{ "bad descriptor", VM, KVM_IOEVENTFD, EBADF,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, -1, 0 } },
	{ "no eventfd", VM, KVM_IOEVENTFD, EINVAL,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, 0, 0 } },
	{ "not assigned", VM, KVM_IOEVENTFD, ENOENT,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, 100,
					 KVM_IOEVENTFD_FLAG_DEASSIGN } },
	{ "good", VM, KVM_IOEVENTFD, 0,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, 100, 0 } },
	{ "the same again", VM, KVM_IOEVENTFD, EEXIST,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, 100, 0 } },
	{ "of another length", VM, KVM_IOEVENTFD, ENOENT,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 2, 100,
					 KVM_IOEVENTFD_FLAG_DEASSIGN } },
	{ "removed", VM, KVM_IOEVENTFD, 0,
	  &(const struct kvm_ioeventfd){ 0, MMIO_AT, 4, 100,
					 KVM_IOEVENTFD_FLAG_DEASSIGN } },
	{ "flags", VM, KVM_X86_SET_MSR_FILTER, EINVAL,
	  &(const struct kvm_msr_filter){ .flags = 1 << 5 } },
	{ "denies, without a range", VM, KVM_X86_SET_MSR_FILTER, EINVAL,
	  &(const struct kvm_msr_filter){
		  .flags = KVM_MSR_FILTER_DEFAULT_DENY } },
	{ "flags of a range", VM, KVM_X86_SET_MSR_FILTER, EINVAL,
	  &(const struct kvm_msr_filter){
		  .ranges = { { 1 << 5, 8, 0x10, bits } } } },
	{ "range without flags", VM, KVM_X86_SET_MSR_FILTER, EINVAL,
	  &(const struct kvm_msr_filter){
		  .ranges = { { 0, 8, 0x10, bits } } } },
	{ "range too large", VM, KVM_X86_SET_MSR_FILTER, EINVAL,
	  &(const struct kvm_msr_filter){
		  .ranges = { { KVM_MSR_FILTER_READ, 0x3001, 0x10, bits } } } },
	{ "bitmap", VM, KVM_X86_SET_MSR_FILTER, EFAULT,
	  &(const struct kvm_msr_filter){
		  .ranges = { { KVM_MSR_FILTER_READ, 8, 0x10, (void *)8 } } } },
	{ "none", VM, KVM_X86_SET_MSR_FILTER, 0,
	  &(const struct kvm_msr_filter){} },
	{ "flags", VM, KVM_SET_CLOCK, EINVAL,
	  &(const struct kvm_clock_data){ .flags = 1 } },
	{ "flags", VM, KVM_SET_CLOCK, EINVAL,
	  &(const struct kvm_clock_data){ .flags = 1u << 31 } },
	{ "latest", VM, KVM_SET_CLOCK, 0,
	  &(const struct kvm_clock_data){ .clock = -1ull } },
	{ "long ago", VM, KVM_SET_CLOCK, 0,
	  &(const struct kvm_clock_data){ .flags = KVM_CLOCK_REALTIME } },
	{ "good", VM, KVM_SET_CLOCK, 0, &(const struct kvm_clock_data){} },
};

static const struct row cpu_rows[] = {
	{ "unknown", CPU, _IO(KVMIO, 0xff), EINVAL },
	{ "another driver's", CPU, _IO('x', 0), EINVAL },
	{ "a VM's", CPU, KVM_CREATE_VCPU, EINVAL },
	{ "argument", CPU, KVM_RUN, EINVAL, .value = 1 },
	{ "too many", CPU, KVM_GET_MSRS, E2BIG,
	  &(const struct kvm_msrs){ .nmsrs = 256 } },
	{ "too many", CPU, KVM_SET_MSRS, E2BIG,
	  &(const struct kvm_msrs){ .nmsrs = 256 } },
	{ "unknown MSR", CPU, KVM_GET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 }, { .index = MSR_NONE } },
	  sizeof(struct one_msr), 0 },
	{ "unknown MSR", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 }, { .index = MSR_NONE } },
	  sizeof(struct one_msr), 0 },
	{ "bad value", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = 0x277, .data = 2 } },
	  sizeof(struct one_msr), 0 },
	{ "good", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){
		  { .nmsrs = 1 },
		  { .index = 0x277, .data = 0x0007040600070406 } },
	  sizeof(struct one_msr), 1 },
	{ "needs an APIC", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = 0x4b564d02, .data = 9 } },
	  sizeof(struct one_msr), 0 },
	{ "reserved bits", CHIP_CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = 0x4b564d02, .data = 0x10 } },
	  sizeof(struct one_msr), 0 },
	{ "no vector", CHIP_CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = 0x4b564d06, .data = 0x100 } },
	  sizeof(struct one_msr), 0 },
	{ "no memory", CHIP_CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){
		  { .nmsrs = 1 },
		  { .index = 0x4b564d02, .data = MMIO_AT | 9 } },
	  sizeof(struct one_msr), 0 },
	{ "off", CHIP_CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = 0x4b564d02, .data = 0 } },
	  sizeof(struct one_msr), 1 },
	{ "too many", CPU, KVM_SET_CPUID, E2BIG,
	  &(const struct kvm_cpuid){ .nent = 257 } },
	{ "too many", CPU, KVM_SET_CPUID2, E2BIG,
	  &(const struct kvm_cpuid2){ .nent = 257 } },
	{ "not there", CPU, KVM_SET_CPUID2, EFAULT,
	  &(const struct kvm_cpuid2){ .nent = 100 } },
	{ "address width", CPU, KVM_SET_CPUID2, EINVAL,
	  &(const struct one_cpuid){
		  { .nent = 1 },
		  { .function = 0x80000008, .eax = 0x2a28 } },
	  sizeof(struct one_cpuid) },
	{ "no room", CPU, KVM_GET_CPUID2, E2BIG,
	  &(const struct kvm_cpuid2){ .nent = 0 } },
	{ "length", CPU, KVM_SET_SIGNAL_MASK, EINVAL,
	  &(const struct signals){ { .len = 4 } }, sizeof(struct signals) },
	{ "length", CPU, KVM_SET_SIGNAL_MASK, EINVAL,
	  &(const struct signals){ { .len = 128 } }, sizeof(struct signals) },
	{ "none", CPU, KVM_SET_SIGNAL_MASK, 0 },
	{ "no banks", CPU, KVM_X86_SETUP_MCE, EINVAL, &(const __u64){ 0 } },
	{ "too many banks", CPU, KVM_X86_SETUP_MCE, EINVAL,
	  &(const __u64){ 33 } },
	{ "unknown capability", CPU, KVM_X86_SETUP_MCE, EINVAL,
	  &(const __u64){ 10 | 1ull << 63 } },
	{ "good", CPU, KVM_X86_SETUP_MCE, 0,
	  &(const __u64){ 10 | 1 << 8 | 1 << 24 } },
	{ "no such bank", CPU, KVM_X86_SET_MCE, EINVAL,
	  &(const struct kvm_x86_mce){ .status = 1ull << 63, .bank = 10 } },
	{ "not valid", CPU, KVM_X86_SET_MCE, EINVAL,
	  &(const struct kvm_x86_mce){ .status = 1ull << 61 } },
	{ "corrected", CPU, KVM_X86_SET_MCE, 0,
	  &(const struct kvm_x86_mce){ .status = 1ull << 63 } },
	{ "vector", CPU, KVM_INTERRUPT, EINVAL,
	  &(const struct kvm_interrupt){ 256 } },
	{ "vector", CPU, KVM_INTERRUPT, EINVAL,
	  &(const struct kvm_interrupt){ -1 } },
	{ "unknown", CPU, KVM_SET_MP_STATE, EINVAL,
	  &(const struct kvm_mp_state){ 100 } },
	{ "needs an APIC", CPU, KVM_SET_MP_STATE, EINVAL,
	  &(const struct kvm_mp_state){ KVM_MP_STATE_INIT_RECEIVED } },
	{ "no APIC", CPU, KVM_GET_LAPIC, EINVAL,
	  &(const struct kvm_lapic_state){} },
	{ "no APIC", CPU, KVM_SET_LAPIC, EINVAL,
	  &(const struct kvm_lapic_state){} },
	{ "no APIC", CPU, KVM_SET_VAPIC_ADDR, EINVAL,
	  &(const struct kvm_vapic_addr){ DATA_AT } },
	{ "flags", CPU, KVM_TPR_ACCESS_REPORTING, EINVAL,
	  &(const struct kvm_tpr_access_ctl){ .flags = 1 } },
	{ "reserved, which is ignored", CPU, KVM_TPR_ACCESS_REPORTING, 0,
	  &(const struct kvm_tpr_access_ctl){ .reserved = { 1 } } },
	{ "reserved bit", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = 0x4b564d05, .data = 2 } },
	  sizeof(struct one_msr), 0 },
	{ "unknown", CPU, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = 9999 } },
	{ "flags", CPU, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){ .cap = KVM_CAP_HYPERV_SYNIC,
					  .flags = 1 } },
	{ "flags", CPU, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID,
		  .flags = 1 } },
	{ "good", CPU, KVM_ENABLE_CAP, 0,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID,
		  .args = { 1 } } },
	{ "a vCPU's", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID,
		  .args = { 1 } } },
	{ "unknown group", CPU, KVM_HAS_DEVICE_ATTR, ENXIO,
	  &(const struct kvm_device_attr){ .group = 99 } },
	{ "unknown group", CPU, KVM_GET_DEVICE_ATTR, ENXIO,
	  &(const struct kvm_device_attr){ .group = 99 } },
	{ "unknown group", CPU, KVM_SET_DEVICE_ATTR, ENXIO,
	  &(const struct kvm_device_attr){ .group = 99 } },
	{ "unknown attribute", CPU, KVM_GET_DEVICE_ATTR, ENXIO,
	  &(const struct kvm_device_attr){ .group = 0, .attr = 99 } },
	{ "number of registers", CPU, KVM_SET_XCRS, EINVAL,
	  &(const struct kvm_xcrs){ .nr_xcrs = 17 } },
	{ "flags", CPU, KVM_SET_XCRS, EINVAL,
	  &(const struct kvm_xcrs){ .nr_xcrs = 0, .flags = 1 } },
	{ "without x87", CPU, KVM_SET_XCRS, EINVAL,
	  &(const struct kvm_xcrs){ .nr_xcrs = 1, .xcrs = { { 0, 0, 2 } } } },
	{ "unknown bit", CPU, KVM_SET_XCRS, EINVAL,
	  &(const struct kvm_xcrs){ .nr_xcrs = 1,
				    .xcrs = { { 0, 0, 1ull << 62 | 1 } } } },
	{ "no clock", CPU, KVM_KVMCLOCK_CTRL, EINVAL },
	{ "a VM's", CPU, KVM_GET_CLOCK, EINVAL },
	{ "no address", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){
		  { .nmsrs = 1 },
		  { .index = MSR_KVM_SYSTEM_TIME_NEW, .data = -1ull } },
	  sizeof(struct one_msr), 1 },
	{ "no address", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){
		  { .nmsrs = 1 },
		  { .index = MSR_KVM_WALL_CLOCK_NEW, .data = -1ull } },
	  sizeof(struct one_msr), 1 },
	{ "off", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){ { .nmsrs = 1 },
				   { .index = MSR_KVM_SYSTEM_TIME_NEW } },
	  sizeof(struct one_msr), 1 },
	{ "reserved bits", CPU, KVM_SET_MSRS, 0,
	  &(const struct one_msr){
		  { .nmsrs = 1 },
		  { .index = MSR_KVM_STEAL_TIME, .data = 0x1003 } },
	  sizeof(struct one_msr), 0 },
	{ "AVX without SSE", CPU, KVM_SET_XCRS, EINVAL,
	  &(const struct kvm_xcrs){ .nr_xcrs = 1, .xcrs = { { 0, 0, 5 } } } },
};

/* A slot whose pages are no multiple of 64, with a log. */
#define LOGGED_PAGES 66

static __u8 logged[LOGGED_PAGES * 4096] __attribute__((aligned(4096)));

#define MANUAL_LOG(what, error, ...)                                          \
	{                                                                     \
		what, VM, KVM_ENABLE_CAP, error,                              \
			&(const struct kvm_enable_cap)                        \
		{                                                             \
			.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, __VA_ARGS__ \
		}                                                             \
	}
#define GET_LOG(what, error, number, to)                   \
	{                                                  \
		what, VM, KVM_GET_DIRTY_LOG, error,        \
			&(const struct kvm_dirty_log)      \
		{                                          \
			.slot = number, .dirty_bitmap = to \
		}                                          \
	}
#define CLEAR_LOG(what, error, number, first, nr, from)                       \
	{                                                                     \
		what, VM, KVM_CLEAR_DIRTY_LOG, error,                         \
			&(const struct kvm_clear_dirty_log)                   \
		{                                                             \
			.slot = number, .first_page = first, .num_pages = nr, \
			.dirty_bitmap = from                                  \
		}                                                             \
	}

static const struct row log_rows[] = {
	MANUAL_LOG("unknown flag", EINVAL, .args = { 4 }),
	MANUAL_LOG("unknown flag above", EINVAL, .args = { 1ull << 32 | 1 }),
	MANUAL_LOG("set, but not manual", EINVAL, .args = { 2 }),
	MANUAL_LOG("flags", EINVAL, .args = { 1 }, .flags = 1),
	MANUAL_LOG("good", 0, .args = { 3 }),
	MANUAL_LOG("off", 0, .args = { 0 }),
	{ "obsolete", VM, KVM_ENABLE_CAP, EINVAL,
	  &(const struct kvm_enable_cap){
		  .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT,
		  .args = { 1 } } },
	{ "with a log", VM, KVM_SET_USER_MEMORY_REGION, 0,
	  &(const struct kvm_userspace_memory_region){
		  9, KVM_MEM_LOG_DIRTY_PAGES, AREA_B_AT, sizeof(logged),
		  (__u64)logged } },
	GET_LOG("address space", EINVAL, 2 << 16 | 9, bits),
	GET_LOG("highest address space", EINVAL, 0xffff0009, bits),
	GET_LOG("number too high", EINVAL, 32764, bits),
	GET_LOG("no slot", ENOENT, 7, bits),
	GET_LOG("no slot in this address space", ENOENT, 1 << 16 | 9, bits),
	GET_LOG("no log", ENOENT, 0, bits),
	GET_LOG("nowhere", EFAULT, 9, NULL),
	GET_LOG("the kernel's", EFAULT, 9, (void *)-4096l),
	GET_LOG("good", 0, 9, bits),
	CLEAR_LOG("address space", EINVAL, 2 << 16 | 9, 0, 64, bits),
	CLEAR_LOG("number too high", EINVAL, 32764, 0, 64, bits),
	CLEAR_LOG("no slot", ENOENT, 7, 0, 64, bits),
	CLEAR_LOG("no log", ENOENT, 0, 0, 64, bits),
	CLEAR_LOG("begins in a word", EINVAL, 9, 1, 64, bits),
	CLEAR_LOG("begins in a word, no slot", EINVAL, 7, 63, 1, bits),
	CLEAR_LOG("ends in a word", EINVAL, 9, 0, 65, bits),
	CLEAR_LOG("one page", EINVAL, 9, 0, 1, bits),
	CLEAR_LOG("ends behind", EINVAL, 9, 0, 128, bits),
	CLEAR_LOG("begins in the last word, ends behind", EINVAL, 9, 64, 64,
		  bits),
	CLEAR_LOG("begins behind", EINVAL, 9, 128, 64, bits),
	CLEAR_LOG("begins behind, none", EINVAL, 9, 128, 0, bits),
	CLEAR_LOG("wraps", EINVAL, 9, -64ull, 128, bits),
	CLEAR_LOG("most pages", EINVAL, 9, 0, -1u, bits),
	CLEAR_LOG("nowhere", EFAULT, 9, 0, 64, NULL),
	CLEAR_LOG("the kernel's", EFAULT, 9, 0, 64, (void *)-4096l),
	CLEAR_LOG("none", 0, 9, 0, 0, bits),
	CLEAR_LOG("a word", 0, 9, 0, 64, bits),
	CLEAR_LOG("the rest", 0, 9, 64, 2, bits),
	CLEAR_LOG("all", 0, 9, 0, 66, bits),
	{ "gone", VM, KVM_SET_USER_MEMORY_REGION, 0,
	  &(const struct kvm_userspace_memory_region){ 9, 0, 0, 0, 0 } },
	GET_LOG("gone", ENOENT, 9, bits),
	CLEAR_LOG("gone", ENOENT, 9, 0, 64, bits),
};

/**
 * struct patch - state that was read, made wrong in one place, and written
 * @what: is wrong with it
 * @get: reads it
 * @set: writes it
 * @error: that has to come of it
 * @offset: of the place
 * @size: of that, in bytes
 * @value: put there
 */
struct patch {
	const char *what;
	unsigned long get;
	unsigned long set;
	int error;
	unsigned int offset;
	unsigned int size;
	__u64 value;
};

#define SREGS	  KVM_GET_SREGS, KVM_SET_SREGS
#define SREGS2	  KVM_GET_SREGS2, KVM_SET_SREGS2
#define DEBUGREGS KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS
#define EVENTS	  KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS
#define XSAVE	  KVM_GET_XSAVE, KVM_SET_XSAVE

#define AT(type, member)                             \
	(unsigned int)offsetof(struct type, member), \
		(unsigned int)sizeof(((struct type *)0)->member)

/* The vCPU is in long mode: CR0 0x80010033, CR4 0x20, EFER 0xd00. */
static const struct patch patches[] = {
	{ "PG without PE", SREGS, EINVAL, AT(kvm_sregs, cr0), 0x80010032 },
	{ "NW without CD", SREGS, EINVAL, AT(kvm_sregs, cr0), 0xa0010033 },
	{ "CR0 of 64 bits", SREGS, EINVAL, AT(kvm_sregs, cr0), 0x180010033 },
	{ "CR4 reserved", SREGS, EINVAL, AT(kvm_sregs, cr4), 0x80000020 },
	{ "CR4.VMXE", SREGS, EINVAL, AT(kvm_sregs, cr4), 0x2020 },
	{ "long mode without PAE", SREGS, EINVAL, AT(kvm_sregs, cr4), 0 },
	{ "CR3 too wide", SREGS, EINVAL, AT(kvm_sregs, cr3), 1ull << 60 },
	{ "LMA without LME", SREGS, EINVAL, AT(kvm_sregs, efer), 0xc00 },
	{ "paging without LMA", SREGS, EINVAL, AT(kvm_sregs, efer), 0x900 },
	{ "APIC base reserved", SREGS, EINVAL, AT(kvm_sregs, apic_base),
	  0xfee00900 | 1ull << 60 },
	{ "the same, flags", SREGS2, EINVAL, AT(kvm_sregs2, flags), 2 },
	{ "PDPTRs in long mode", SREGS2, EINVAL, AT(kvm_sregs2, flags), 1 },
	{ "PG without PE", SREGS2, EINVAL, AT(kvm_sregs2, cr0), 0x80010032 },
	{ "CR4 reserved", SREGS2, EINVAL, AT(kvm_sregs2, cr4), 0x80000020 },
	{ "flags", DEBUGREGS, EINVAL, AT(kvm_debugregs, flags), 1 },
	{ "DR6 of 64 bits", DEBUGREGS, EINVAL, AT(kvm_debugregs, dr6),
	  1ull << 32 },
	{ "DR7 of 64 bits", DEBUGREGS, EINVAL, AT(kvm_debugregs, dr7),
	  1ull << 32 },
	{ "flags", EVENTS, EINVAL, AT(kvm_vcpu_events, flags), 1 << 20 },
	{ "no payloads", EVENTS, EINVAL, AT(kvm_vcpu_events, flags),
	  KVM_VCPUEVENT_VALID_PAYLOAD },
	{ "no triple faults", EVENTS, EINVAL, AT(kvm_vcpu_events, flags),
	  KVM_VCPUEVENT_VALID_TRIPLE_FAULT },
	{ "vector 32", EVENTS, EINVAL, AT(kvm_vcpu_events, exception), 0x2001 },
	{ "vector 2", EVENTS, EINVAL, AT(kvm_vcpu_events, exception), 0x0201 },
	{ "XSTATE_BV", XSAVE, EINVAL, 512, 8, 1ull << 62 },
	{ "XCOMP_BV", XSAVE, EINVAL, 520, 8, 1ull << 62 },
	{ "reserved in the header", XSAVE, EINVAL, 528, 8, 1 },
	{ "MXCSR", KVM_GET_FPU, KVM_SET_FPU, 0, AT(kvm_fpu, mxcsr), 0x1f80 },
};

/* Those that take a pointer: to nowhere, and to too little. */
static const struct {
	enum on on;
	unsigned long cmd;
} pointers[] = {
	{ DEV, KVM_GET_MSR_INDEX_LIST },
	{ DEV, KVM_GET_MSR_FEATURE_INDEX_LIST },
	{ DEV, KVM_GET_SUPPORTED_CPUID },
	{ DEV, KVM_GET_EMULATED_CPUID },
	{ DEV, KVM_GET_MSRS },
	{ VM, KVM_SET_USER_MEMORY_REGION },
	{ VM, KVM_GET_DIRTY_LOG },
	{ VM, KVM_CLEAR_DIRTY_LOG },
	{ VM, KVM_ENABLE_CAP },
	{ VM, KVM_REGISTER_COALESCED_MMIO },
	{ VM, KVM_UNREGISTER_COALESCED_MMIO },
	{ VM, KVM_IOEVENTFD },
	{ VM, KVM_SIGNAL_MSI },
	{ CHIP_VM, KVM_IRQFD },
	{ VM, KVM_GET_CLOCK },
	{ VM, KVM_SET_CLOCK },
	{ CHIP_VM, KVM_GET_IRQCHIP },
	{ CHIP_VM, KVM_SET_IRQCHIP },
	{ CHIP_VM, KVM_CREATE_PIT2 },
	{ CHIP_VM, KVM_IRQ_LINE },
	{ CHIP_VM, KVM_IRQ_LINE_STATUS },
	{ CHIP_VM, KVM_SET_GSI_ROUTING },
	{ CHIP_CPU, KVM_GET_LAPIC },
	{ CHIP_CPU, KVM_SET_LAPIC },
	{ CHIP_CPU, KVM_SET_VAPIC_ADDR },
	{ CHIP_CPU, KVM_TPR_ACCESS_REPORTING },
	{ CPU, KVM_GET_REGS },
	{ CPU, KVM_SET_REGS },
	{ CPU, KVM_GET_SREGS },
	{ CPU, KVM_SET_SREGS },
	{ CPU, KVM_GET_SREGS2 },
	{ CPU, KVM_SET_SREGS2 },
	{ CPU, KVM_GET_FPU },
	{ CPU, KVM_SET_FPU },
	{ CPU, KVM_GET_XSAVE },
	{ CPU, KVM_SET_XSAVE },
	{ CPU, KVM_GET_XSAVE2 },
	{ CPU, KVM_GET_XCRS },
	{ CPU, KVM_SET_XCRS },
	{ CPU, KVM_GET_DEBUGREGS },
	{ CPU, KVM_SET_DEBUGREGS },
	{ CPU, KVM_GET_MSRS },
	{ CPU, KVM_SET_MSRS },
	{ CPU, KVM_SET_CPUID },
	{ CPU, KVM_SET_CPUID2 },
	{ CPU, KVM_GET_CPUID2 },
	{ CPU, KVM_GET_MP_STATE },
	{ CPU, KVM_SET_MP_STATE },
	{ CPU, KVM_GET_VCPU_EVENTS },
	{ CPU, KVM_SET_VCPU_EVENTS },
	{ CPU, KVM_SET_GUEST_DEBUG },
	{ CPU, KVM_INTERRUPT },
	{ CPU, KVM_TRANSLATE },
	{ CPU, KVM_HAS_DEVICE_ATTR },
	{ CPU, KVM_GET_DEVICE_ATTR },
	{ CPU, KVM_SET_DEVICE_ATTR },
	{ CPU, KVM_ENABLE_CAP },
	{ DEV, KVM_X86_GET_MCE_CAP_SUPPORTED },
	{ DEV, KVM_HAS_DEVICE_ATTR },
	{ DEV, KVM_GET_DEVICE_ATTR },
	{ VM, KVM_SET_IDENTITY_MAP_ADDR },
	{ CPU, KVM_X86_SETUP_MCE },
	{ CPU, KVM_X86_SET_MCE },
};

static int fds[NR_ON];
static int wrong, rows;
/* 64 KB, and behind them nothing. */
static char *room;
#define ROOM (64 * KB)

/* What has a name here, for messages. */
static const char *errno_name(long got)
{
	return got < 0 ? strerrorname_np(errno) : "it worked";
}

static void judge(enum on on, unsigned long cmd, const char *what, long got,
		  int error)
{
	rows++;
	if (error ? got < 0 && errno == error : got >= 0)
		return;
	wrong++;
	printf("%s, ioctl %#lx (number %#lx), %s: %s, wanted %s\n",
	       on_names[on], cmd, _IOC_NR(cmd), what, errno_name(got),
	       error ? strerrorname_np(error) : "it to work");
}

static void run_row(const struct row *r)
{
	unsigned long size = r->size ? r->size : _IOC_SIZE(r->cmd);
	char *at = room + ROOM - size;
	long got;

	if (!r->arg) {
		got = ioctl(fds[r->on], r->cmd, r->value);
		if (got >= 0 && r->error)
			close(got);
		judge(r->on, r->cmd, r->what, got, r->error);
		return;
	}
	memcpy(at, r->arg, size);
	got = ioctl(fds[r->on], r->cmd, at);
	judge(r->on, r->cmd, r->what, got, r->error);
	if (got >= 0 && !r->error && got != r->value) {
		wrong++;
		printf("%s, ioctl %#lx, %s: %ld, wanted %ld\n", on_names[r->on],
		       r->cmd, r->what, got, r->value);
	}
}

/* What it was before has to be there after. */
static void run_patch(const struct patch *p)
{
	static char before[8192], after[8192];
	unsigned long size = _IOC_SIZE(p->get);
	char *at = room + ROOM - size;

	MUST(size <= sizeof(before));
	MUST(!ioctl(fds[CPU], p->get, before));
	memcpy(at, before, size);
	memcpy(at + p->offset, &p->value, p->size);
	judge(CPU, p->set, p->what, ioctl(fds[CPU], p->set, at), p->error);
	MUST(!ioctl(fds[CPU], p->get, after));
	if (!memcmp(before, after, size))
		return;
	wrong++;
	printf("ioctl %#lx, %s: refused, but something has changed\n", p->set,
	       p->what);
	ioctl(fds[CPU], p->set, before);
}

static void run_pointers(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		enum on on = pointers[i].on;
		unsigned long cmd = pointers[i].cmd;

		memset(room, 0, ROOM);
		judge(on, cmd, "NULL", ioctl(fds[on], cmd, 0), EFAULT);
		judge(on, cmd, "the kernel's",
		      ioctl(fds[on], cmd, 0xffff888000000000), EFAULT);
		judge(on, cmd, "one byte short",
		      ioctl(fds[on], cmd, room + ROOM - _IOC_SIZE(cmd) + 1),
		      EFAULT);
	}
}

/* A child has other memory, and may not use its parent's VM. */
static void run_in_child(void)
{
	static const enum on of_vm[] = { VM, CPU, CHIP_VM, CHIP_CPU };
	static const unsigned long cmds[] = { KVM_CHECK_EXTENSION, KVM_RUN,
					      KVM_CREATE_IRQCHIP, KVM_NMI };
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(of_vm); i++) {
		pid = fork();
		MUST(pid >= 0);
		if (!pid)
			_exit(ioctl(fds[of_vm[i]], cmds[i], 0) < 0 ? errno : 0);
		MUST(waitpid(pid, &status, 0) == pid);
		errno = WEXITSTATUS(status);
		judge(of_vm[i], cmds[i], "another process'", -1, EIO);
	}
}

static void prepare(struct vm *plain, struct vm *chip)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	room = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(room != MAP_FAILED);
	MUST(!mprotect(room + ROOM, PAGE, PROT_NONE));
	/* The rows have its number. */
	MUST(fd >= 0 && dup2(fd, eventfd_of_rows) == eventfd_of_rows);
	vm_start(plain, LONG, "hello", 1);
	vm_start_with_irqchip(chip, LONG, "hello", 1);
	fds[DEV] = plain->kvm;
	fds[VM] = plain->fd;
	fds[CPU] = plain->vcpus[0].fd;
	fds[CHIP_VM] = chip->fd;
	fds[CHIP_CPU] = chip->vcpus[0].fd;
}

static void run_rows(const struct row *table, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		run_row(&table[i]);
}

int main(void)
{
	struct vm plain, chip;
	unsigned int i;

	prepare(&plain, &chip);
	run_rows(dev_rows, ARRAY_SIZE(dev_rows));
	run_rows(vm_rows, ARRAY_SIZE(vm_rows));
	run_rows(chip_rows, ARRAY_SIZE(chip_rows));
	run_rows(irqfd_rows, ARRAY_SIZE(irqfd_rows));
	run_rows(io_rows, ARRAY_SIZE(io_rows));
	run_rows(cpu_rows, ARRAY_SIZE(cpu_rows));
	run_rows(log_rows, ARRAY_SIZE(log_rows));
	for (i = 0; i < ARRAY_SIZE(patches); i++)
		run_patch(&patches[i]);
	run_pointers();
	run_in_child();
	/* Nothing of it was lost on the guests. */
	vcpu_finish(&plain.vcpus[0]);
	vcpu_finish(&chip.vcpus[0]);
	if (strcmp(plain.text, "long0") || strcmp(chip.text, "long0"))
		leave(FAILED, "the guests do not work any more");
	printf("%d calls, %d wrong answers\n", rows, wrong);
	return wrong != 0;
}
