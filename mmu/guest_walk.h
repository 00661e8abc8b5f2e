/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_walk.h - walking the page tables that a guest wrote
 *
 * Owns: the one walker for every format a guest can have: 2-level, PAE,
 * 4-level, 5-level (SDM 3A, "Paging"; APM 2, chapter 5), and the EPT tables of
 * a guest that is a hypervisor itself (SDM 3C, "The Extended Page Table
 * Mechanism").  A nested page table of AMD's is one of the first four.
 *
 * All that depends on the guest's registers and CPUID alone is worked out once,
 * into struct kvm_guest_walk_cfg: which bits are reserved, which access is
 * denied to which page.  A walk looks that up.
 *
 * Locking: none of its own.  The walker reads and changes guest memory only
 * through struct kvm_guest_walk_ops, and what those need, their caller holds.
 * A configuration is not changed while a walk uses it.
 *
 * References: none are taken or kept.
 *
 * What it does to guest memory: accessed and dirty flags are set, by
 * compare-and-exchange, once the whole walk has succeeded and permits the
 * access.  A walk that faults leaves the tables as they were, unless what
 * faulted is that very setting of a flag, when flags of the levels above may be
 * set already; the SDM lets a CPU set an accessed flag at any time.
 *
 * Nothing in a guest's tables or registers makes the walker warn.
 *
 * Assumed, for want of a rule: NPT of L1 in 2-level or PAE format looks at bits
 * 31:0 of L2's guest physical address, in 4-level format at bits 47:0, and what
 * is above is ignored.
 *
 * Deliberately absent:
 *  - canonical addresses, and addresses cut to 32 bits: both are a matter of
 *    the access, before it comes to paging.  Bits above those that the tables
 *    translate are ignored, but for EPT;
 *  - reserved bits of CR3 and of the EPT pointer: checked when they are loaded;
 *  - the last step of a nested walk, from the guest physical address that the
 *    leaf names to the host's view of it.  Only accesses to tables are
 *    translated here;
 *  - shadow stacks, supervisor keys, mode-based execute control, guests without
 *    PAT: no guest of ours has them.
 */
#ifndef TWINWALK_MMU_GUEST_WALK_H
#define TWINWALK_MMU_GUEST_WALK_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/role.h"

#define KVM_GUEST_WALK_LEVELS 5

/* How often a walk starts anew because its tables change under it. */
#define KVM_GUEST_WALK_TRIES 4

/* struct kvm_guest_cpu_info.flags */
#define KVM_GUEST_CPU_GBPAGES BIT(0) /* an entry of level 3 may map 1G */
#define KVM_GUEST_CPU_PSE36   BIT(1) /* 4M pages have 40 address bits */
#define KVM_GUEST_CPU_AMD     BIT(2) /* reserved bits are AMD's */

/**
 * struct kvm_guest_cpu_info - what of a guest's CPUID governs a walk
 * @maxphyaddr: bits of a guest physical address; taken for 32 if less, for 52
 *	if more
 * @flags: KVM_GUEST_CPU_*.  For EPT, GBPAGES is what the nested VMX
 *	capabilities say of 1G pages
 */
struct kvm_guest_cpu_info {
	u8 maxphyaddr;
	u8 flags;
};

/*
 * struct kvm_guest_walk_req.flags.  With neither WRITE nor FETCH the access is
 * a data read.  The first four are the index of what is denied to an access.
 *
 * (1) Not for the PDPTEs that a MOV to a control register loads under EPT: those
 * are plain reads, without GVA, that need no permission to write and set no
 * dirty flag.  With NPT there is no such load: a PDPTE is read by the walk, like
 * entries of the other levels.
 */
#define KVM_WALK_WRITE	  BIT(0)
#define KVM_WALK_USER	  BIT(1) /* at CPL 3; NPT: always */
#define KVM_WALK_FETCH	  BIT(2)
#define KVM_WALK_AC	  BIT(3) /* EFLAGS.AC is set, which lifts SMAP */
#define KVM_WALK_IMPLICIT BIT(4) /* by the CPU itself: no USER, no AC */
#define KVM_WALK_TABLE	  BIT(5) /* EPT and NPT: to a guest's page table, (1) */
#define KVM_WALK_GVA	  BIT(6) /* EPT: on behalf of a linear address */

#define KVM_WALK_ACCESSES 16

struct kvm_guest_format;

/**
 * struct kvm_guest_walk_cfg - a guest's paging, worked out
 * @fmt: the format of the tables
 * @reserved_table: by level - 1, bits that an entry pointing to a table must
 *	have clear
 * @reserved_leaf: the same of an entry that maps a page
 * @nx: the bit that forbids execution; 0 if there is none
 * @accessed: the accessed flag; 0 if the CPU does not set it
 * @dirty: the dirty flag; 0 if the CPU does not set it
 * @denied: by the first four of KVM_WALK_*: bit i is set if the access is not
 *	permitted to a page with KVM_ACC_* of i
 * @key_denied: by the same: which bits of a key's pair in PKRU (1: AD, 2: WD)
 *	deny the access to a user page
 * @huge_levels: bit i is set if an entry of level i may map a page
 * @malformed: EPT: bit i is set if an entry whose bits 2:0 are i is
 *	misconfigured
 * @reports_fetch: a page fault's error code tells fetches apart
 * @table_writes: KVM_WALK_TABLE makes an access a write
 */
struct kvm_guest_walk_cfg {
	const struct kvm_guest_format *fmt;
	u64 reserved_table[KVM_GUEST_WALK_LEVELS];
	u64 reserved_leaf[KVM_GUEST_WALK_LEVELS];
	u64 nx;
	u64 accessed;
	u64 dirty;
	u8 denied[KVM_WALK_ACCESSES];
	u8 key_denied[KVM_WALK_ACCESSES];
	u8 huge_levels;
	u8 malformed;
	bool reports_fetch;
	bool table_writes;
};

/**
 * struct kvm_guest_walk_req - one walk
 * @pgd: CR3, nested CR3 or EPT pointer; only its address bits are looked at,
 *	and not even those with PAE
 * @pdptrs: PAE: the four entries of level 3, as the CPU has loaded them
 * @addr: to be translated: virtual; for EPT and NPT, guest physical
 * @flags: KVM_WALK_*
 * @pkru: the register
 * @ctx: handed to the ops
 */
struct kvm_guest_walk_req {
	u64 pgd;
	const u64 *pdptrs;
	u64 addr;
	u32 flags;
	u32 pkru;
	void *ctx;
};

/**
 * enum kvm_guest_fault_kind - what stopped a walk
 * @KVM_GUEST_FAULT_NONE: nothing did
 * @KVM_GUEST_FAULT_PF: a page fault, or with NPT a nested page fault
 * @KVM_GUEST_FAULT_EPT_VIOLATION: an EPT entry is absent or forbids the access
 * @KVM_GUEST_FAULT_EPT_MISCONFIG: an EPT entry makes no sense
 * @KVM_GUEST_FAULT_NESTED: a table could not be accessed, because the
 *	translation of its address faulted
 * @KVM_GUEST_FAULT_NOT_BACKED: a table is where the guest has no memory
 */
enum kvm_guest_fault_kind {
	KVM_GUEST_FAULT_NONE,
	KVM_GUEST_FAULT_PF,
	KVM_GUEST_FAULT_EPT_VIOLATION,
	KVM_GUEST_FAULT_EPT_MISCONFIG,
	KVM_GUEST_FAULT_NESTED,
	KVM_GUEST_FAULT_NOT_BACKED,
};

/**
 * struct kvm_guest_fault - why a walk failed
 * @kind: what it is
 * @nested_kind: NESTED: what the translation of the table's address reported
 * @level: of the entry at which the walk ended: absent, malformed, not
 *	accessible; for a lack of permission, of the leaf; 0 if the address is
 *	beyond what EPT translates
 * @error_code: PF, NESTED by a PF: as a CPU pushes it.  NOT_BACKED: as if the
 *	entry were not present
 * @exit_qualification: EPT_VIOLATION, NESTED by one: bits 0 to 5, 7 and 8
 * @address: the address walked for
 * @nested_gpa: EPT: the same.  NESTED: the table's address that could not be
 *	translated.  NOT_BACKED: where there is no memory.  PF: 0
 */
struct kvm_guest_fault {
	enum kvm_guest_fault_kind kind;
	enum kvm_guest_fault_kind nested_kind;
	u8 level;
	u32 error_code;
	u64 exit_qualification;
	u64 address;
	gpa_t nested_gpa;
};

/**
 * struct kvm_guest_walk_ops - how a walker reaches guest memory
 * @read_entry: the entry of @size (4 or 8) bytes at @gpa, naturally aligned,
 *	read once.  Returns 0; -EAGAIN, cannot be had now; else there is no
 *	memory
 * @cmpxchg_entry: put @new there if it holds @old.  NULL: the walk only looks,
 *	and leaves accessed and dirty flags as they are.  Returns 0; -EAGAIN, it
 *	holds something else; -EROFS, the guest cannot write there; else there
 *	is no memory
 * @translate: from the address that a guest's entry names, which its
 *	hypervisor translates, to one for the other two.  @flags are for the
 *	request of that translation; pages of tables are user pages in NPT.
 *	NULL: the two are the same.  Returns 0; -EAGAIN, cannot be told now;
 *	else it faulted, and @fault is filled in
 */
struct kvm_guest_walk_ops {
	int (*read_entry)(void *ctx, gpa_t gpa, unsigned int size, u64 *entry);
	int (*cmpxchg_entry)(void *ctx, gpa_t gpa, unsigned int size, u64 old,
			     u64 new);
	int (*translate)(void *ctx, gpa_t gpa, u32 flags, gpa_t *real,
			 struct kvm_guest_fault *fault);
};

/**
 * struct kvm_guest_walk - what a walk found
 * @gpa: what the address translates to
 * @gfn: its 4K frame, whatever the size of the page
 * @pte: by level - 1, the entry used, with the flags that the walk set
 * @table_gfn: by level - 1, the table it is in, as the guest names it
 * @pte_gpa: by level - 1, where the entry is, after ops->translate; 0 for what
 *	is not in memory (PAE: level 3)
 * @level: of the entry that maps the page; 0 without paging
 * @pt_access: KVM_ACC_*, what the entries above the leaf permit.  For EPT,
 *	KVM_ACC_USER is that the page may be read
 * @pte_access: the same, the leaf included
 * @read_only: bit i is set if a flag had to be set in the entry of level i and
 *	was not, because the guest cannot write there
 * @dirty: a write need not set a flag in the leaf
 * @writable: a write is permitted by the entries and need not set a flag, so
 *	that the page may be mapped writable at once
 * @fault: why there is none of that
 */
struct kvm_guest_walk {
	gpa_t gpa;
	gfn_t gfn;
	u64 pte[KVM_GUEST_WALK_LEVELS];
	gfn_t table_gfn[KVM_GUEST_WALK_LEVELS];
	gpa_t pte_gpa[KVM_GUEST_WALK_LEVELS];
	u8 level;
	u8 pt_access;
	u8 pte_access;
	u8 read_only;
	bool dirty;
	bool writable;
	struct kvm_guest_fault fault;
};

/**
 * enum kvm_guest_walk_result - how a walk ended
 * @KVM_WALK_OK: with a translation
 * @KVM_WALK_FAULT: with a fault; of the rest only the entries read are valid
 * @KVM_WALK_RETRY: with neither: let the guest execute the instruction again
 */
enum kvm_guest_walk_result {
	KVM_WALK_OK,
	KVM_WALK_FAULT,
	KVM_WALK_RETRY,
};

/**
 * kvm_guest_walk_init() - work out how a guest's tables are walked
 * @cfg: filled whole
 * @role: of the guest's CPU.  Level 0: the guest has no paging, and each
 *	address translates to itself
 * @info: of the guest's CPUID
 *
 * Context: any; whenever the role or the guest's CPUID has changed.
 */
void kvm_guest_walk_init(struct kvm_guest_walk_cfg *cfg,
			 union kvm_cpu_role role,
			 const struct kvm_guest_cpu_info *info);

/**
 * kvm_guest_pdptr_valid() - may a guest load this?
 * @cfg: of a guest with PAE paging
 * @pdptr: the entry of level 3
 *
 * Return: false if it is present and has a reserved bit set.
 */
bool kvm_guest_pdptr_valid(const struct kvm_guest_walk_cfg *cfg, u64 pdptr);

/**
 * kvm_guest_walk_addr() - translate an address as the guest's CPU would
 * @cfg: how
 * @req: what
 * @ops: guest memory
 * @out: filled whole
 *
 * A table that changes between reading an entry and setting a flag in it makes
 * the walk start anew, KVM_GUEST_WALK_TRIES times at most.
 *
 * Context: that of the ops; the walker itself neither sleeps nor locks.
 * Return: enum kvm_guest_walk_result.
 */
int kvm_guest_walk_addr(const struct kvm_guest_walk_cfg *cfg,
			const struct kvm_guest_walk_req *req,
			const struct kvm_guest_walk_ops *ops,
			struct kvm_guest_walk *out);

#endif
