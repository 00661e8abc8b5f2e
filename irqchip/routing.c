// SPDX-License-Identifier: GPL-2.0-only
/*
 * routing.c - what a GSI is
 *
 * Owns: the tables and the ioctls that drive GSIs; see routing.h.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "irqchip/apic_map.h"
#include "irqchip/ioapic.h"
#include "irqchip/irqchip.h"
#include "irqchip/pic.h"
#include "irqchip/routing.h"
#include "virt/trace.h"
#include "x86/trace.h"

/* SDM 3A, "Message Signalled Interrupts" */
#define MSI_ADDR_DEST_SHIFT 12
#define MSI_ADDR_REDIRECT   BIT(3)
#define MSI_ADDR_LOGICAL    BIT(2)
#define MSI_DATA_LEVEL	    BIT(15)
#define MSI_DATA_ASSERT	    BIT(14)

/*
 * Who injects, whatever the VM.  Not kvm->srcu, which a vCPU holds while it waits
 * for a page, for which it may need who sets routes.
 */
DEFINE_STATIC_SRCU(injecting);

void kvm_route_msi(const struct kvm_irq_routing_msi *msi, bool wide,
		   struct kvm_lapic_irq *irq)
{
	u32 mode = msi->data & APIC_DM_FIXED_MASK;
	bool logical = msi->address_lo & MSI_ADDR_LOGICAL;

	*irq = (struct kvm_lapic_irq){
		.dest = (msi->address_lo >> MSI_ADDR_DEST_SHIFT) & 0xff,
		.mode = mode,
		.vector = msi->data & APIC_VECTOR_MASK,
		.dest_logical = logical,
		.level = msi->data & MSI_DATA_LEVEL,
		.assert = !(msi->data & MSI_DATA_LEVEL) ||
			  (msi->data & MSI_DATA_ASSERT),
		.lowest = mode == APIC_DM_LOWEST ||
			  (mode == APIC_DM_FIXED && logical &&
			   (msi->address_lo & MSI_ADDR_REDIRECT)),
	};
	if (wide)
		irq->dest |= msi->address_hi & 0xffffff00;
}

/* Tables */

static unsigned int chip_pins(u32 chip)
{
	switch (chip) {
	case KVM_IRQCHIP_PIC_MASTER:
	case KVM_IRQCHIP_PIC_SLAVE:
		return KVM_PIC_NR_PINS;
	case KVM_IRQCHIP_IOAPIC:
		return KVM_IOAPIC_NUM_PINS;
	default:
		return 0;
	}
}

static bool entry_valid(struct kvm *kvm, const struct kvm_irq_routing_entry *e)
{
	if (e->gsi >= KVM_MAX_IRQ_ROUTES)
		return false;
	switch (e->type) {
	case KVM_IRQ_ROUTING_IRQCHIP:
		return !irqchip_split(kvm) && !e->flags &&
		       e->u.irqchip.pin < chip_pins(e->u.irqchip.irqchip);
	case KVM_IRQ_ROUTING_MSI:
		if (e->flags & ~KVM_MSI_VALID_DEVID)
			return false;
		return !kvm->arch.irqchip.x2apic_format ||
		       !(e->u.msi.address_hi & 0xff);
	default:
		return false;
	}
}

/* A GSI is one message, or at most one pin of each chip. */
static bool entries_clash(const struct kvm_irq_routing_entry *a,
			  const struct kvm_irq_routing_entry *b)
{
	return a->type != KVM_IRQ_ROUTING_IRQCHIP ||
	       b->type != KVM_IRQ_ROUTING_IRQCHIP ||
	       a->u.irqchip.irqchip == b->u.irqchip.irqchip;
}

/* Into the first free place of its GSI; a free one has type 0. */
static bool place_entry(struct kvm_route_table *t,
			const struct kvm_irq_routing_entry *e)
{
	u32 i;

	for (i = t->first[e->gsi]; i < t->first[e->gsi + 1]; i++) {
		if (!t->entries[i].type) {
			t->entries[i] = *e;
			break;
		}
		if (entries_clash(&t->entries[i], e))
			return false;
	}
	if (e->type == KVM_IRQ_ROUTING_IRQCHIP)
		t->gsi_of[e->u.irqchip.irqchip][e->u.irqchip.pin] = e->gsi;
	return true;
}

struct kvm_route_table *
kvm_route_make(struct kvm *kvm, const struct kvm_irq_routing_entry *entries,
	       u32 nr)
{
	struct kvm_route_table *t;
	u32 i, nr_gsis = 0;
	size_t head;

	for (i = 0; i < nr; i++) {
		if (!entry_valid(kvm, &entries[i]))
			return ERR_PTR(-EINVAL);
		nr_gsis = max(nr_gsis, entries[i].gsi + 1);
	}

	/* Both numbers are at most KVM_MAX_IRQ_ROUTES. */
	head = ALIGN(struct_size(t, first, nr_gsis + 1), sizeof(u64));
	t = kvzalloc(head + nr * sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ERR_PTR(-ENOMEM);
	t->nr_gsis = nr_gsis;
	t->entries = (void *)t + head;
	memset(t->gsi_of, 0xff, sizeof(t->gsi_of));

	for (i = 0; i < nr; i++)
		t->first[entries[i].gsi + 1]++;
	for (i = 0; i < nr_gsis; i++)
		t->first[i + 1] += t->first[i];
	for (i = 0; i < nr; i++) {
		if (!place_entry(t, &entries[i])) {
			kvfree(t);
			return ERR_PTR(-EINVAL);
		}
	}
	return t;
}

static int set_table(struct kvm *kvm,
		     const struct kvm_irq_routing_entry *entries, u32 nr)
{
	struct kvm_vm_irqchip *chip = &kvm->arch.irqchip;
	struct kvm_route_table *old, *new;

	new = kvm_route_make(kvm, entries, nr);
	if (IS_ERR(new))
		return PTR_ERR(new);
	mutex_lock(&chip->irq_lock);
	old = rcu_replace_pointer(chip->routes, new,
				  lockdep_is_held(&chip->irq_lock));
	/* Which pins' EOIs are waited for depends on it. */
	kvm_ioapic_watch_changed(kvm);
	mutex_unlock(&chip->irq_lock);
	if (!old)
		return 0;
	/* The guest may forget a vector now: none is sent from the old routes. */
	synchronize_srcu_expedited(&injecting);
	kvfree_rcu(old, rcu);
	return 0;
}

int kvm_route_default(struct kvm *kvm)
{
	struct kvm_irq_routing_entry *entries;
	u32 gsi, nr = 0;
	int r;

	entries = kcalloc(KVM_IOAPIC_NUM_PINS + 2 * KVM_PIC_NR_PINS,
			  sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;
	for (gsi = 0; gsi < KVM_IOAPIC_NUM_PINS; gsi++) {
		entries[nr++] = (struct kvm_irq_routing_entry){
			.gsi = gsi,
			.type = KVM_IRQ_ROUTING_IRQCHIP,
			.u.irqchip = { KVM_IRQCHIP_IOAPIC, gsi },
		};
		if (gsi >= 2 * KVM_PIC_NR_PINS)
			continue;
		entries[nr++] = (struct kvm_irq_routing_entry){
			.gsi = gsi,
			.type = KVM_IRQ_ROUTING_IRQCHIP,
			.u.irqchip = { gsi < KVM_PIC_NR_PINS ?
					       KVM_IRQCHIP_PIC_MASTER :
					       KVM_IRQCHIP_PIC_SLAVE,
				       gsi % KVM_PIC_NR_PINS },
		};
	}
	r = set_table(kvm, entries, nr);
	kfree(entries);
	return r;
}

int kvm_route_empty(struct kvm *kvm)
{
	return set_table(kvm, NULL, 0);
}

void kvm_route_destroy(struct kvm *kvm)
{
	/* Nobody reads it any more. */
	kvfree(rcu_replace_pointer(kvm->arch.irqchip.routes, NULL, true));
}

unsigned int kvm_route_find(const struct kvm_route_table *t, u32 gsi,
			    const struct kvm_irq_routing_entry **entries)
{
	if (!t || gsi >= t->nr_gsis)
		return 0;
	gsi = array_index_nospec(gsi, t->nr_gsis);
	*entries = &t->entries[t->first[gsi]];
	return t->first[gsi + 1] - t->first[gsi];
}

static int drive(struct kvm *kvm, const struct kvm_irq_routing_entry *e,
		 unsigned int source, bool level)
{
	struct kvm_lapic_irq irq;
	u32 pin = e->u.irqchip.pin;

	if (e->type == KVM_IRQ_ROUTING_MSI) {
		if (!level)
			return -1;
		trace_kvm_msi_set_irq(e->u.msi.address_lo, e->u.msi.address_hi,
				      e->u.msi.data);
		kvm_route_msi(&e->u.msi, kvm->arch.irqchip.x2apic_format, &irq);
		return kvm_irq_delivery_to_apic(kvm, NULL, &irq);
	}
	switch (e->u.irqchip.irqchip) {
	case KVM_IRQCHIP_PIC_MASTER:
		return kvm_pic_set_irq(kvm, pin, source, level);
	case KVM_IRQCHIP_PIC_SLAVE:
		return kvm_pic_set_irq(kvm, pin + KVM_PIC_NR_PINS, source,
				       level);
	default:
		return kvm_ioapic_set_irq(kvm, pin, source, level);
	}
}

/* A GSI's entries, for who injects. */
struct route {
	const struct kvm_irq_routing_entry *entries;
	unsigned int nr;
};

static struct route find_route(struct kvm *kvm, u32 gsi)
{
	struct route route = {};

	route.nr = kvm_route_find(rcu_dereference(kvm->arch.irqchip.routes),
				  gsi, &route.entries);
	return route;
}

static int drive_all(struct kvm *kvm, const struct route *route,
		     unsigned int source, bool level)
{
	unsigned int i;
	int ret = -1;

	for (i = 0; i < route->nr; i++) {
		int r = drive(kvm, &route->entries[i], source, level);

		if (r >= 0)
			ret = max(ret, 0) + r;
	}
	return ret;
}

int kvm_set_irq(struct kvm *kvm, unsigned int source, u32 gsi, bool level)
{
	struct route route;
	int idx, ret;

	trace_kvm_set_irq(gsi, level, source);
	idx = srcu_read_lock(&injecting);
	rcu_read_lock();
	route = find_route(kvm, gsi);
	ret = drive_all(kvm, &route, source, level);
	rcu_read_unlock();
	srcu_read_unlock(&injecting, idx);
	return ret;
}

int kvm_pulse_irq(struct kvm *kvm, unsigned int source, u32 gsi)
{
	struct kvm_lapic_irq irq;
	struct route route;
	int idx, ret;

	trace_kvm_set_irq(gsi, true, source);
	idx = srcu_read_lock(&injecting);
	rcu_read_lock();
	route = find_route(kvm, gsi);
	if (route.nr == 1 && route.entries->type == KVM_IRQ_ROUTING_MSI) {
		kvm_route_msi(&route.entries->u.msi,
			      kvm->arch.irqchip.x2apic_format, &irq);
		if (!kvm_irq_delivery_by_map(kvm, &irq, &ret))
			ret = -EWOULDBLOCK;
	} else {
		ret = drive_all(kvm, &route, source, true);
		drive_all(kvm, &route, source, false);
	}
	rcu_read_unlock();
	srcu_read_unlock(&injecting, idx);
	return ret;
}

bool kvm_route_wants_eoi(struct kvm_lapic *apic, u8 vector)
{
	struct kvm *kvm = apic->vcpu->kvm;
	const struct kvm_irq_routing_entry *entries;
	struct kvm_route_table *t;
	struct kvm_lapic_irq irq;
	bool wanted = false;
	u32 gsi, nr_gsis;

	rcu_read_lock();
	t = rcu_dereference(kvm->arch.irqchip.routes);
	nr_gsis = min(t->nr_gsis, kvm->arch.irqchip.nr_ioapic_pins);
	for (gsi = 0; gsi < nr_gsis && !wanted; gsi++) {
		if (!kvm_route_find(t, gsi, &entries))
			continue;
		/* Of a split irqchip, all are messages. */
		kvm_route_msi(&entries->u.msi, kvm->arch.irqchip.x2apic_format,
			      &irq);
		wanted = irq.level && irq.vector == vector &&
			 kvm_apic_dest_means(apic, &irq);
	}
	rcu_read_unlock();
	return wanted;
}

/* Who waits for an EOI */

void kvm_register_irq_ack_notifier(struct kvm *kvm,
				   struct kvm_irq_ack_notifier *notifier)
{
	struct kvm_vm_irqchip *chip = &kvm->arch.irqchip;

	mutex_lock(&chip->irq_lock);
	hlist_add_head_rcu(&notifier->link, &chip->ack_notifiers);
	kvm_ioapic_watch_changed(kvm);
	mutex_unlock(&chip->irq_lock);
}

void kvm_unregister_irq_ack_notifier(struct kvm *kvm,
				     struct kvm_irq_ack_notifier *notifier)
{
	struct kvm_vm_irqchip *chip = &kvm->arch.irqchip;

	mutex_lock(&chip->irq_lock);
	hlist_del_rcu(&notifier->link);
	kvm_ioapic_watch_changed(kvm);
	mutex_unlock(&chip->irq_lock);
	synchronize_rcu();
}

/* The GSI of a chip's pin, or -1; RCU. */
static int gsi_of(struct kvm *kvm, unsigned int chip, unsigned int pin)
{
	struct kvm_route_table *t = rcu_dereference(kvm->arch.irqchip.routes);

	return t ? t->gsi_of[chip][pin] : -1;
}

void kvm_notify_acked_irq(struct kvm *kvm, unsigned int chip, unsigned int pin)
{
	struct kvm_irq_ack_notifier *notifier;
	int gsi;

	trace_kvm_ack_irq(chip, pin);
	rcu_read_lock();
	gsi = gsi_of(kvm, chip, pin);
	hlist_for_each_entry_rcu(notifier, &kvm->arch.irqchip.ack_notifiers,
				 link)
		if (gsi >= 0 && notifier->gsi == gsi)
			notifier->fn(notifier);
	rcu_read_unlock();
}

static u32 pins_of(const struct kvm_route_table *t, u32 gsi, unsigned int chip)
{
	const struct kvm_irq_routing_entry *entries;
	unsigned int i, nr = kvm_route_find(t, gsi, &entries);
	u32 pins = 0;

	for (i = 0; i < nr; i++)
		if (entries[i].type == KVM_IRQ_ROUTING_IRQCHIP &&
		    entries[i].u.irqchip.irqchip == chip)
			pins |= BIT(entries[i].u.irqchip.pin);
	return pins;
}

u32 kvm_irq_watched_pins(struct kvm *kvm, unsigned int chip)
{
	struct kvm_vm_irqchip *chips = &kvm->arch.irqchip;
	struct kvm_irq_ack_notifier *notifier;
	const struct kvm_route_table *t;
	u32 pins = 0;

	t = rcu_dereference_protected(chips->routes,
				      lockdep_is_held(&chips->irq_lock));
	hlist_for_each_entry(notifier, &chips->ack_notifiers, link)
		pins |= pins_of(t, notifier->gsi, chip);
	return pins;
}

/* ioctls */

long kvm_vm_ioctl_irq_line_status(struct kvm *kvm, void *data)
{
	struct kvm_irq_level *line = data;

	if (!irqchip_in_kernel(kvm))
		return -ENXIO;
	line->status = kvm_set_irq(kvm, KVM_USERSPACE_IRQ_SOURCE_ID, line->irq,
				   line->level);
	return 0;
}

long kvm_vm_ioctl_irq_line(struct kvm *kvm, void *data)
{
	return kvm_vm_ioctl_irq_line_status(kvm, data);
}

long kvm_vm_ioctl_set_gsi_routing(struct kvm *kvm, void *data)
{
	struct kvm_irq_routing __user *user = (void __user *)data;
	struct kvm_irq_routing_entry *entries = NULL;
	struct kvm_irq_routing head;
	int r;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (!irqchip_in_kernel(kvm) || head.nr > KVM_MAX_IRQ_ROUTES ||
	    head.flags)
		return -EINVAL;
	if (head.nr) {
		entries = vmemdup_user(user->entries,
				       array_size(head.nr, sizeof(*entries)));
		if (IS_ERR(entries))
			return PTR_ERR(entries);
	}
	r = set_table(kvm, entries, head.nr);
	kvfree(entries);
	return r;
}

long kvm_vm_ioctl_signal_msi(struct kvm *kvm, void *data)
{
	const struct kvm_msi *msi = data;
	const struct kvm_irq_routing_msi route = {
		.address_lo = msi->address_lo,
		.address_hi = msi->address_hi,
		.data = msi->data,
	};
	bool wide = kvm->arch.irqchip.x2apic_format;
	struct kvm_lapic_irq irq;

	if (!irqchip_in_kernel(kvm) || msi->flags)
		return -EINVAL;
	if (wide && (msi->address_hi & 0xff))
		return -EINVAL;
	trace_kvm_msi_set_irq(msi->address_lo, msi->address_hi, msi->data);
	kvm_route_msi(&route, wide, &irq);
	return max(kvm_irq_delivery_to_apic(kvm, NULL, &irq), 0);
}
