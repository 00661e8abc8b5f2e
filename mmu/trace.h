/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - the MMU's tracepoints, events/kvmmmu in tracefs
 *
 * Owns: what a user sees of the MMU as it happens.  An event that KVM has too
 * has KVM's name, and the fields that make sense here under KVM's names.
 *
 *	kvm_mmu_spte_requested		a fault has come to its end, and how
 *	kvm_tdp_mmu_spte_changed	an entry is another one
 *	kvm_mmu_get_page		a table, or a root, is in use from here on
 *	kvm_mmu_prepare_zap_page	it is not any more; RCU frees it
 *	kvm_tdp_flush			a TLB flush was asked for
 *	kvm_zap_gfn_ranges		ranges were zapped
 *	kvm_mmu_zap_all_fast		all roots were made invalid
 *
 * Locking: none of its own.
 *
 * Deliberately absent: splitting and recovering a huge page, of which
 * kvm_tdp_mmu_spte_changed tells from what to what; what aging does, which is
 * no change of the mapping, and which takes 15 instructions.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvmmmu

#if !defined(TWINWALK_MMU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TWINWALK_MMU_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include "mmu/mmu_page.h"
#include "mmu/tdp_map.h"
#include "mmu/tdp_mmu.h"
#include "mmu/zap.h"

struct kvm;

/* clang-format off */

TRACE_DEFINE_ENUM(RET_PF_CONTINUE);
TRACE_DEFINE_ENUM(RET_PF_RETRY);
TRACE_DEFINE_ENUM(RET_PF_EMULATE);
TRACE_DEFINE_ENUM(RET_PF_FIXED);
TRACE_DEFINE_ENUM(RET_PF_SPURIOUS);

TRACE_EVENT(kvm_mmu_spte_requested,
	TP_PROTO(const struct kvm_tdp_map *map, enum kvm_pf_result result),
	TP_ARGS(map, result),

	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u64, pfn)
		__field(u8, level)
		__field(u8, access)
		__field(u8, result)
	),

	TP_fast_assign(
		__entry->gfn = map->gfn;
		__entry->pfn = map->flags & KVM_TDP_MAP_MMIO ? 0 : map->leaf.pfn;
		__entry->level = map->leaf.level;
		__entry->access = map->leaf.access;
		__entry->result = result;
	),

	TP_printk("gfn %llx pfn %llx level %u access %x result %s",
		  __entry->gfn, __entry->pfn, __entry->level, __entry->access,
		  __print_symbolic(__entry->result,
				   { RET_PF_CONTINUE, "continue" },
				   { RET_PF_RETRY, "retry" },
				   { RET_PF_EMULATE, "emulate" },
				   { RET_PF_FIXED, "fixed" },
				   { RET_PF_SPURIOUS, "spurious" }))
);

/* By value, so that the loops that call it keep their place in registers. */
TRACE_EVENT(kvm_tdp_mmu_spte_changed,
	TP_PROTO(const struct kvm_mmu_page *root, gfn_t gfn, unsigned int level,
		 u64 old_spte, u64 new_spte),
	TP_ARGS(root, gfn, level, old_spte, new_spte),

	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u64, old_spte)
		__field(u64, new_spte)
		__field(u8, level)
		__field(u8, as_id)
	),

	TP_fast_assign(
		__entry->gfn = gfn;
		__entry->old_spte = old_spte;
		__entry->new_spte = new_spte;
		__entry->level = level;
		__entry->as_id = root->role.smm;
	),

	TP_printk("as id %u gfn %llx level %u spte %llx -> %llx",
		  __entry->as_id, __entry->gfn, __entry->level,
		  __entry->old_spte, __entry->new_spte)
);

DECLARE_EVENT_CLASS(kvm_mmu_page_class,
	TP_PROTO(const struct kvm_mmu_page *sp),
	TP_ARGS(sp),

	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u32, role)
		__field(u32, root_count)
		__field(u8, level)
		__field(u8, as_id)
		__field(bool, invalid)
		__field(bool, nx)
	),

	TP_fast_assign(
		__entry->gfn = sp->gfn;
		__entry->role = sp->role.word;
		__entry->root_count = refcount_read(&sp->root_count);
		__entry->level = sp->role.level;
		__entry->as_id = sp->role.smm;
		__entry->invalid = sp->role.invalid;
		__entry->nx = sp->nx_huge_page_disallowed;
	),

	TP_printk("as id %u gfn %llx level %u role %08x root %u%s%s",
		  __entry->as_id, __entry->gfn, __entry->level, __entry->role,
		  __entry->root_count, __entry->invalid ? " invalid" : "",
		  __entry->nx ? " nx" : "")
);

DEFINE_EVENT(kvm_mmu_page_class, kvm_mmu_get_page,
	TP_PROTO(const struct kvm_mmu_page *sp),
	TP_ARGS(sp)
);

DEFINE_EVENT(kvm_mmu_page_class, kvm_mmu_prepare_zap_page,
	TP_PROTO(const struct kvm_mmu_page *sp),
	TP_ARGS(sp)
);

TRACE_EVENT(kvm_tdp_flush,
	TP_PROTO(gfn_t start, u64 nr),
	TP_ARGS(start, nr),

	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, nr)
	),

	TP_fast_assign(
		__entry->start = start;
		__entry->nr = nr;
	),

	TP_printk("gfn %llx nr %llx", __entry->start, __entry->nr)
);

/* From the first range's start to the last one's end. */
TRACE_EVENT(kvm_zap_gfn_ranges,
	TP_PROTO(const struct kvm_gfn_span *spans, unsigned int nr,
		 unsigned long zapped),
	TP_ARGS(spans, nr, zapped),

	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, end)
		__field(unsigned int, nr)
		__field(unsigned long, zapped)
	),

	TP_fast_assign(
		__entry->start = nr ? spans[0].start : 0;
		__entry->end = nr ? spans[nr - 1].end : 0;
		__entry->nr = nr;
		__entry->zapped = zapped;
	),

	TP_printk("gfn %llx-%llx ranges %u zapped %lu", __entry->start,
		  __entry->end, __entry->nr, __entry->zapped)
);

TRACE_EVENT(kvm_mmu_zap_all_fast,
	TP_PROTO(struct kvm *kvm),
	TP_ARGS(kvm),

	TP_STRUCT__entry(
		__field(unsigned long, mmu_used_pages)
	),

	TP_fast_assign(
		__entry->mmu_used_pages = kvm_mmu_count_tables(kvm);
	),

	TP_printk("used pages %lu", __entry->mmu_used_pages)
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH mmu
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

/* Has to be outside of the guard. */
#include <trace/define_trace.h>
