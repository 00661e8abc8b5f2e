// SPDX-License-Identifier: GPL-2.0-only
/*
 * apic_map.c - which APICs a message is for, and sending it
 *
 * Owns: the maps; see apic_map.h.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "irqchip/apic_map.h"
#include "irqchip/irqchip.h"
#include "vcpu.h"

static void add_logical(struct kvm_apic_map *map, struct kvm_lapic *apic,
			enum kvm_apic_logical_mode mode, u32 cluster, u32 bits)
{
	struct kvm_lapic **slot;

	if (map->logical_mode == KVM_APIC_LOGICAL_NONE)
		map->logical_mode = mode;
	else if (map->logical_mode != mode)
		map->logical_mode = KVM_APIC_LOGICAL_MIXED;

	/* An x2APIC's logical id is its physical one. */
	if (mode == KVM_APIC_LOGICAL_X2APIC)
		return;
	if (!is_power_of_2(bits)) {
		map->logical_mode = KVM_APIC_LOGICAL_MIXED;
		return;
	}
	slot = &map->logical[cluster & 15][__ffs(bits) & 7];
	if (*slot)
		map->logical_mode = KVM_APIC_LOGICAL_MIXED;
	*slot = apic;
}

static void add_phys(struct kvm_apic_map *map, struct kvm_lapic *apic, u32 id)
{
	if (id >= map->nr_ids)
		return;
	if (map->phys[id] && map->phys[id] != apic)
		map->collision = true;
	map->phys[id] = apic;
}

void kvm_apic_map_add(struct kvm_apic_map *map, struct kvm_lapic *apic,
		      const struct kvm_apic_ident *ident)
{
	if (ident->x2apic) {
		add_phys(map, apic, ident->id);
		add_logical(map, apic, KVM_APIC_LOGICAL_X2APIC, 0, 0);
		return;
	}

	map->has_xapic = true;
	add_phys(map, apic,
		 ident->id > KVM_APIC_BROADCAST ? ident->id : ident->xapic_id);
	/* Without a logical id only a broadcast reaches it. */
	if (!ident->cluster && ident->logical)
		add_logical(map, apic, KVM_APIC_LOGICAL_FLAT, 0,
			    ident->logical);
	else if (ident->cluster && (ident->logical & 0xf))
		add_logical(map, apic, KVM_APIC_LOGICAL_CLUSTER,
			    ident->logical >> 4, ident->logical & 0xf);
}

/* Those of @bits that are in @slots. */
static int pick(struct kvm_lapic *const *slots, unsigned long bits,
		struct kvm_lapic **out)
{
	unsigned int bit;
	int nr = 0;

	for_each_set_bit(bit, &bits, KVM_APIC_MAP_MAX_CANDIDATES)
		if (slots[bit])
			out[nr++] = slots[bit];
	return nr;
}

static int find_x2apic_logical(const struct kvm_apic_map *map, u32 dest,
			       struct kvm_lapic **out)
{
	u64 first = (u64)(dest >> 16) << 4;
	unsigned long bits = dest & 0xffff;

	if (first >= map->nr_ids)
		return 0;
	first = array_index_nospec(first, map->nr_ids);
	bits &= BIT(min_t(u64, map->nr_ids - first, 16)) - 1;
	return pick(&map->phys[first], bits, out);
}

static int find_phys(const struct kvm_apic_map *map, u32 dest,
		     struct kvm_lapic **out)
{
	if (map->collision)
		return -1;
	if (dest >= map->nr_ids)
		return 0;
	out[0] = map->phys[array_index_nospec(dest, map->nr_ids)];
	return out[0] ? 1 : 0;
}

int kvm_apic_map_find(const struct kvm_apic_map *map, u32 dest, bool logical,
		      struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES])
{
	if (dest == KVM_X2APIC_BROADCAST ||
	    (dest == KVM_APIC_BROADCAST && map->has_xapic))
		return -1;
	if (!logical)
		return find_phys(map, dest, out);

	switch (map->logical_mode) {
	case KVM_APIC_LOGICAL_NONE:
		return 0;
	case KVM_APIC_LOGICAL_X2APIC:
		/* phys[] also has what an APIC in xAPIC mode is. */
		return map->has_xapic || map->collision ?
			       -1 :
			       find_x2apic_logical(map, dest, out);
	case KVM_APIC_LOGICAL_FLAT:
		if (dest > KVM_APIC_BROADCAST)
			return 0;
		return pick(map->logical[0], dest, out);
	case KVM_APIC_LOGICAL_CLUSTER:
		if (dest > KVM_APIC_BROADCAST)
			return 0;
		return pick(map->logical[array_index_nospec(dest >> 4, 16)],
			    dest & 0xf, out);
	default:
		return -1;
	}
}

/* Those that are off are not in it: no message reaches them. */
static struct kvm_apic_map *make_map(struct kvm *kvm)
{
	u32 nr_ids = KVM_APIC_BROADCAST + 1;
	struct kvm_apic_ident ident;
	struct kvm_apic_map *map;
	struct kvm_vcpu *vcpu;
	unsigned long i;
	unsigned int nr = atomic_read(&kvm->online_vcpus);

	kvm_for_each_vcpu(i, vcpu, kvm)
		nr_ids = max(nr_ids, vcpu->vcpu_id + 1);
	map = kvzalloc(kvm_apic_map_size(nr_ids), GFP_KERNEL_ACCOUNT);
	if (!map)
		return NULL;
	map->nr_ids = nr_ids;
	map->nr_vcpus = nr;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		if (!vcpu->arch.apic || !kvm_lapic_hw_enabled(vcpu->arch.apic))
			continue;
		kvm_lapic_ident(vcpu->arch.apic, &ident);
		kvm_apic_map_add(map, vcpu->arch.apic, &ident);
	}
	return map;
}

void kvm_apic_map_update(struct kvm *kvm)
{
	struct kvm_vm_irqchip *chip = &kvm->arch.irqchip;
	struct kvm_apic_map *old, *new;

	if (!irqchip_in_kernel(kvm))
		return;
	/* Under the lock: the last to look sees what all have changed. */
	mutex_lock(&chip->map_lock);
	new = make_map(kvm);
	old = rcu_replace_pointer(chip->map, new,
				  lockdep_is_held(&chip->map_lock));
	mutex_unlock(&chip->map_lock);
	if (old)
		kvfree_rcu(old, rcu);
}

/* What has been found of those that are meant. */
struct delivery {
	const struct kvm_lapic_irq *irq;
	struct kvm_lapic *lowest;
	u64 lowest_key;
	int taken;
};

/*
 * SDM 3A, "Lowest Priority Delivery Mode"; of several with the same priority,
 * that which was chosen less often.
 */
static u64 arb_key(struct kvm_lapic *apic)
{
	u32 tpr = kvm_apic_read_reg(apic->regs, APIC_TASKPRI) & 0xf0;

	return (u64)tpr << 32 | (u32)atomic_read(&apic->arb_prio);
}

static void deliver_one(struct delivery *d, struct kvm_lapic *apic)
{
	int r;

	if (d->irq->lowest) {
		u64 key;

		if (!kvm_lapic_sw_enabled(apic))
			return;
		key = arb_key(apic);
		if (!d->lowest || key < d->lowest_key) {
			d->lowest = apic;
			d->lowest_key = key;
		}
		return;
	}
	r = kvm_lapic_accept(apic, d->irq);
	if (r >= 0)
		d->taken = max(d->taken, 0) + r;
}

static void deliver_to_lowest(struct delivery *d)
{
	if (!d->lowest)
		return;
	atomic_inc(&d->lowest->arb_prio);
	d->taken = kvm_lapic_accept(d->lowest, d->irq);
}

static bool is_meant(struct kvm_lapic *apic, struct kvm_lapic *src, u32 dest,
		     const struct kvm_lapic_irq *irq)
{
	struct kvm_apic_ident ident;

	if (!kvm_lapic_hw_enabled(apic))
		return false;
	if (irq->shorthand == APIC_DEST_ALLBUT)
		return apic != src;
	if (irq->shorthand == APIC_DEST_ALLINC)
		return true;
	kvm_lapic_ident(apic, &ident);
	return kvm_apic_dest_match(&ident, dest, irq->dest_logical);
}

/*
 * 0xff of 8 bits means all; of 32 bits it is one of many.  A device's message
 * has 8 bits where there is no interrupt remapping, and then is for all even
 * if the APICs are x2APICs; KVM_CAP_X2APIC_API turns that off.
 */
static u32 widen_dest(struct kvm *kvm, struct kvm_lapic *src, u32 dest)
{
	bool wide = src ? kvm_lapic_is_x2apic(src) :
			  kvm->arch.irqchip.x2apic_no_broadcast_quirk;

	return dest == KVM_APIC_BROADCAST && !wide ? KVM_X2APIC_BROADCAST :
						     dest;
}

bool kvm_apic_dest_means(struct kvm_lapic *apic,
			 const struct kvm_lapic_irq *irq)
{
	u32 dest = widen_dest(apic->vcpu->kvm, NULL, irq->dest);

	return is_meant(apic, NULL, dest, irq);
}

static bool deliver_by_map(struct kvm *kvm, u32 dest, struct delivery *d)
{
	struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES];
	struct kvm_apic_map *map;
	int i, nr;

	map = rcu_dereference(kvm->arch.irqchip.map);
	if (!map || d->irq->shorthand ||
	    map->nr_vcpus != atomic_read(&kvm->online_vcpus))
		return false;
	nr = kvm_apic_map_find(map, dest, d->irq->dest_logical, out);
	for (i = 0; i < nr; i++)
		deliver_one(d, out[i]);
	return nr >= 0;
}

int kvm_irq_delivery_to_apic(struct kvm *kvm, struct kvm_lapic *src,
			     const struct kvm_lapic_irq *irq)
{
	struct delivery d = { .irq = irq, .taken = -1 };
	u32 dest = widen_dest(kvm, src, irq->dest);
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (irq->shorthand == APIC_DEST_SELF)
		return src ? kvm_lapic_accept(src, irq) : -1;

	rcu_read_lock();
	if (!deliver_by_map(kvm, dest, &d)) {
		kvm_for_each_vcpu(i, vcpu, kvm) {
			struct kvm_lapic *apic = vcpu->arch.apic;

			if (apic && is_meant(apic, src, dest, irq))
				deliver_one(&d, apic);
		}
	}
	deliver_to_lowest(&d);
	rcu_read_unlock();
	return d.taken;
}

bool kvm_irq_delivery_by_map(struct kvm *kvm, const struct kvm_lapic_irq *irq,
			     int *r)
{
	struct delivery d = { .irq = irq, .taken = -1 };
	bool found;

	rcu_read_lock();
	found = deliver_by_map(kvm, widen_dest(kvm, NULL, irq->dest), &d);
	deliver_to_lowest(&d);
	rcu_read_unlock();
	*r = d.taken;
	return found;
}

struct kvm_lapic *kvm_apic_find(struct kvm *kvm, u32 id)
{
	struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES];
	struct kvm_apic_map *map;
	struct kvm_vcpu *vcpu;
	unsigned long i;
	int nr = -1;

	rcu_read_lock();
	map = rcu_dereference(kvm->arch.irqchip.map);
	if (map && map->nr_vcpus == atomic_read(&kvm->online_vcpus))
		nr = find_phys(map, id, out);
	rcu_read_unlock();
	if (nr >= 0)
		return nr ? out[0] : NULL;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		struct kvm_lapic *apic = vcpu->arch.apic;
		struct kvm_apic_ident ident;

		if (!apic || !kvm_lapic_hw_enabled(apic))
			continue;
		kvm_lapic_ident(apic, &ident);
		/* As the map has it. */
		if ((ident.x2apic || ident.id > KVM_APIC_BROADCAST ?
			     ident.id :
			     ident.xapic_id) == id)
			return apic;
	}
	return NULL;
}
