// SPDX-License-Identifier: GPL-2.0-only
/*
 * pit.c - the 8254
 *
 * Owns: a counter's arithmetic (pure), the three of a VM and their ports, the
 * ticks of counter 0; see pit.h.
 *
 * Time is that of CLOCK_MONOTONIC.  Counters that run down to 0 and go on are not
 * stepped: what they show follows from the time since they were loaded.
 */
#include <linux/atomic.h>
#include <linux/bcd.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "iobus.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "irqchip/pit.h"
#include "irqchip/routing.h"

#define PIT_PORT	 0x40
#define PIT_SPEAKER_PORT 0x61
#define PIT_NR_CHANNELS	 3
#define PIT_GSI		 0
#define PIT_MAX_PENDING	 100000 /* ticks owed to a guest; 100 s at 1 kHz */

/* Which byte of a count comes next: read_state, write_state, count_latched. */
enum {
	PIT_LSB = 1,
	PIT_MSB = 2,
	PIT_WORD0 = 3, /* the low byte, the high one is to follow */
	PIT_WORD1 = 4, /* that */
};

/**
 * struct kvm_pit - a PIT
 * @kvm: whose
 * @dev: at the counters' ports
 * @speaker_dev: at the speaker's
 * @has_speaker: that is on the bus
 * @lock: for what follows, up to @speaker_on
 * @channels: counters
 * @flags: KVM_PIT_FLAGS_HPET_LEGACY
 * @speaker_on: the speaker's data bit
 * @reinject: ticks wait for EOI; @notifier is registered
 * @timer: counter 0's; runs while @lock is not held, but is started under it
 * @period: of @timer, in ns; 0, one-shot
 * @pending: ticks not at their EOI, the one that is on its way included
 * @acked: the last that was given is
 * @worker: gives them
 * @work: does
 * @notifier: for EOI
 */
struct kvm_pit {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device speaker_dev;
	bool has_speaker;
	struct mutex lock; /* inside of kvm->lock; outside of irq_lock */
	struct kvm_pit_channel_state channels[PIT_NR_CHANNELS];
	u32 flags;
	bool speaker_on;
	bool reinject;
	struct hrtimer timer;
	u64 period;
	atomic_t pending;
	atomic_t acked;
	struct kthread_worker *worker;
	struct kthread_work work;
	struct kvm_irq_ack_notifier notifier;
};

/* A counter; pure */

u64 kvm_pit_ticks(s64 ns)
{
	return ns <= 0 ? 0 : mul_u64_u32_div(ns, KVM_PIT_FREQ, NSEC_PER_SEC);
}

u64 kvm_pit_ns(u64 ticks)
{
	return DIV64_U64_ROUND_UP(ticks * NSEC_PER_SEC, KVM_PIT_FREQ);
}

/* What a written count stands for; 0 is the largest. */
static u32 decode_count(const struct kvm_pit_channel_state *c, u16 raw)
{
	if (!c->bcd)
		return raw ?: 0x10000;
	/* A digit above 9 is not defined; it is taken as it stands. */
	return bcd2bin(raw >> 8) * 100 + bcd2bin(raw & 0xff) ?: 10000;
}

static u16 encode_count(const struct kvm_pit_channel_state *c, u32 count)
{
	if (!c->bcd)
		return count;
	count %= 10000;
	return bin2bcd(count / 100) << 8 | bin2bcd(count % 100);
}

/* 8254, "Mode Definitions": what is counted down from in this period. */
static u32 initial_count(const struct kvm_pit_channel_state *c)
{
	return c->count ?: 0x10000;
}

u16 kvm_pit_count(const struct kvm_pit_channel_state *c, u64 ticks)
{
	u32 n = initial_count(c), wrap = c->bcd ? 10000 : 0x10000;
	u32 left;

	switch (c->mode) {
	case 2:
		left = n - (u32)(ticks % n);
		break;
	case 3:
		/* By twos; of an odd count, the first half is longer. */
		left = ticks % n;
		if (left >= (n + 1) / 2)
			left -= (n + 1) / 2;
		left = (n & ~1u) - 2 * left;
		break;
	default:
		/* At 0 it goes on with the largest number. */
		left = (n + wrap - (u32)(ticks % wrap)) % wrap;
		break;
	}
	return encode_count(c, left);
}

bool kvm_pit_output(const struct kvm_pit_channel_state *c, u64 ticks)
{
	u32 n = initial_count(c);

	switch (c->mode) {
	case 2:
		return ticks % n != n - 1;
	case 3:
		return ticks % n < (n + 1) / 2;
	case 4:
	case 5:
		return ticks != n;
	default:
		return ticks >= n;
	}
}

bool kvm_pit_chan_write(struct kvm_pit_channel_state *c, u8 val, u32 *count)
{
	switch (c->write_state) {
	case PIT_LSB:
		*count = decode_count(c, val);
		return true;
	case PIT_MSB:
		*count = decode_count(c, val << 8);
		return true;
	case PIT_WORD0:
		c->write_latch = val;
		c->write_state = PIT_WORD1;
		return false;
	case PIT_WORD1:
		*count = decode_count(c, c->write_latch | val << 8);
		c->write_state = PIT_WORD0;
		return true;
	default:
		return false;
	}
}

/* The byte that @state says, of @count; @state is moved on, @done after it. */
static u8 next_byte(u8 *state, u16 count, u8 done, u8 first)
{
	switch (*state) {
	case PIT_LSB:
		*state = done;
		return count & 0xff;
	case PIT_MSB:
		*state = done;
		return count >> 8;
	case PIT_WORD0:
		*state = PIT_WORD1;
		return count & 0xff;
	case PIT_WORD1:
		*state = first;
		return count >> 8;
	default:
		return 0;
	}
}

u8 kvm_pit_chan_read(struct kvm_pit_channel_state *c, u64 ticks)
{
	/* 8254, "Read-Back Command": the status first, then the count. */
	if (c->status_latched) {
		c->status_latched = 0;
		return c->status;
	}
	if (c->count_latched)
		return next_byte(&c->count_latched, c->latched_count, 0, 0);
	return next_byte(&c->read_state, kvm_pit_count(c, ticks), c->read_state,
			 PIT_WORD0);
}

static void latch_count(struct kvm_pit_channel_state *c, u64 ticks)
{
	/* The first one stays until it is read. */
	if (c->count_latched)
		return;
	c->latched_count = kvm_pit_count(c, ticks);
	c->count_latched = c->rw_mode;
}

static void latch_status(struct kvm_pit_channel_state *c, u64 ticks)
{
	if (c->status_latched)
		return;
	c->status = kvm_pit_output(c, ticks) << 7 | c->rw_mode << 4 |
		    c->mode << 1 | c->bcd;
	c->status_latched = 1;
}

int kvm_pit_control(struct kvm_pit_channel_state *channels, u8 val,
		    const u64 *ticks)
{
	unsigned int i = val >> 6, access = (val >> 4) & 3;
	struct kvm_pit_channel_state *c;

	if (i == PIT_NR_CHANNELS) {
		for (i = 0; i < PIT_NR_CHANNELS; i++) {
			if (!(val & (2 << i)))
				continue;
			if (!(val & 0x20))
				latch_count(&channels[i], ticks[i]);
			if (!(val & 0x10))
				latch_status(&channels[i], ticks[i]);
		}
		return -1;
	}

	c = &channels[i];
	if (!access) {
		latch_count(c, ticks[i]);
		return -1;
	}
	c->rw_mode = access;
	c->read_state = access;
	c->write_state = access;
	c->count_latched = 0;
	c->status_latched = 0;
	c->mode = (val >> 1) & 7;
	/* Modes 2 and 3 do not look at bit 2. */
	if (c->mode > 5)
		c->mode -= 4;
	c->bcd = val & 1;
	return i;
}

/* Ticks of counter 0 */

static void inject_tick(struct kvm_pit *pit)
{
	int r;

	r = kvm_set_irq(pit->kvm, KVM_PIT_IRQ_SOURCE_ID, PIT_GSI, true);
	kvm_set_irq(pit->kvm, KVM_PIT_IRQ_SOURCE_ID, PIT_GSI, false);
	kvm_lapic_lint0_tick(pit->kvm);
	/* What nobody has let in is owed to nobody: it has no EOI. */
	if (r < 0) {
		atomic_set(&pit->pending, 0);
		atomic_set(&pit->acked, 1);
	}
}

static void tick_work(struct kthread_work *work)
{
	struct kvm_pit *pit = container_of(work, struct kvm_pit, work);

	if (!READ_ONCE(pit->reinject) || atomic_xchg(&pit->acked, 0))
		inject_tick(pit);
}

static void tick_acked(struct kvm_irq_ack_notifier *notifier)
{
	struct kvm_pit *pit = container_of(notifier, struct kvm_pit, notifier);

	/* One tick may have several, of both controllers; it is one all the same. */
	if (atomic_xchg(&pit->acked, 1))
		return;
	if (atomic_dec_if_positive(&pit->pending) > 0)
		kthread_queue_work(pit->worker, &pit->work);
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct kvm_pit *pit = container_of(timer, struct kvm_pit, timer);
	u64 ticks = 1;

	if (pit->period)
		ticks = hrtimer_forward_now(timer, ns_to_ktime(pit->period));
	if (READ_ONCE(pit->reinject) &&
	    atomic_read(&pit->pending) < PIT_MAX_PENDING)
		atomic_add(min_t(u64, ticks, PIT_MAX_PENDING), &pit->pending);
	kthread_queue_work(pit->worker, &pit->work);
	return pit->period ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void reset_ticks(struct kvm_pit *pit)
{
	atomic_set(&pit->pending, 0);
	atomic_set(&pit->acked, 1);
}

static void stop_timer(struct kvm_pit *pit)
{
	hrtimer_cancel(&pit->timer);
	/* A tick that was there is at the controllers, whatever comes after it. */
	kthread_flush_work(&pit->work);
	reset_ticks(pit);
}

static void start_timer(struct kvm_pit *pit)
{
	const struct kvm_pit_channel_state *c = &pit->channels[0];
	u64 ns = kvm_pit_ns(initial_count(c));

	lockdep_assert_held(&pit->lock);
	stop_timer(pit);
	if (pit->flags & KVM_PIT_FLAGS_HPET_LEGACY)
		return;
	switch (c->mode) {
	case 0:
	case 4:
		pit->period = 0;
		break;
	case 2:
	case 3:
		ns = max_t(u64, ns, KVM_MIN_TIMER_PERIOD_NS);
		pit->period = ns;
		break;
	default:
		/* Modes 1 and 5 wait for an edge that its gate never has. */
		return;
	}
	hrtimer_start(&pit->timer, ktime_add_ns(ktime_get(), ns),
		      HRTIMER_MODE_ABS_HARD);
}

static void load_count(struct kvm_pit *pit, unsigned int i, u32 count)
{
	pit->channels[i].count = count;
	pit->channels[i].count_load_time = ktime_get_ns();
	if (!i)
		start_timer(pit);
}

static u64 chan_ticks(const struct kvm_pit *pit, unsigned int i)
{
	return kvm_pit_ticks(ktime_get_ns() - pit->channels[i].count_load_time);
}

/* Ports */

static void write_control(struct kvm_pit *pit, u8 val)
{
	u64 ticks[PIT_NR_CHANNELS];
	unsigned int i;

	for (i = 0; i < PIT_NR_CHANNELS; i++)
		ticks[i] = chan_ticks(pit, i);
	/* It counts again when it has its count. */
	if (!kvm_pit_control(pit->channels, val, ticks))
		stop_timer(pit);
}

static int pit_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		     gpa_t addr, int len, const void *val)
{
	struct kvm_pit *pit = container_of(dev, struct kvm_pit, dev);
	const u8 *bytes = val;
	u32 count;
	int i;

	mutex_lock(&pit->lock);
	for (i = 0; i < len; i++) {
		unsigned int port = (addr + i) & 3;

		if (port == PIT_NR_CHANNELS)
			write_control(pit, bytes[i]);
		else if (kvm_pit_chan_write(&pit->channels[port], bytes[i],
					    &count))
			load_count(pit, port, count);
	}
	mutex_unlock(&pit->lock);
	return 0;
}

static int pit_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		    gpa_t addr, int len, void *val)
{
	struct kvm_pit *pit = container_of(dev, struct kvm_pit, dev);
	u8 *bytes = val;
	int i;

	mutex_lock(&pit->lock);
	for (i = 0; i < len; i++) {
		unsigned int port = (addr + i) & 3;

		bytes[i] = port == PIT_NR_CHANNELS ?
				   0 :
				   kvm_pit_chan_read(&pit->channels[port],
						     chan_ticks(pit, port));
	}
	mutex_unlock(&pit->lock);
	return 0;
}

static void set_gate(struct kvm_pit *pit, bool gate)
{
	struct kvm_pit_channel_state *c = &pit->channels[2];

	/* 8254, "Gate Pin Operations Summary": a rising edge starts it anew. */
	if (gate && !c->gate && c->mode != 0 && c->mode != 4)
		c->count_load_time = ktime_get_ns();
	c->gate = gate;
}

/* Port 0x61: the counter's gate and the speaker's data below, status above. */
static int speaker_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			 gpa_t addr, int len, const void *val)
{
	struct kvm_pit *pit = container_of(dev, struct kvm_pit, speaker_dev);
	u8 byte = *(const u8 *)val;

	mutex_lock(&pit->lock);
	pit->speaker_on = byte & 2;
	set_gate(pit, byte & 1);
	mutex_unlock(&pit->lock);
	return 0;
}

static int speaker_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			gpa_t addr, int len, void *val)
{
	struct kvm_pit *pit = container_of(dev, struct kvm_pit, speaker_dev);
	u64 now = ktime_get_ns();
	u8 byte;

	mutex_lock(&pit->lock);
	byte = pit->channels[2].gate | pit->speaker_on << 1 |
	       kvm_pit_output(&pit->channels[2], chan_ticks(pit, 2)) << 5;
	mutex_unlock(&pit->lock);
	/* Memory refresh, about every 15 us. */
	byte |= ((now >> 14) & 1) << 4;
	memset(val, 0, len);
	*(u8 *)val = byte;
	return 0;
}

static const struct kvm_io_device_ops pit_ops = {
	.read = pit_read,
	.write = pit_write,
};

static const struct kvm_io_device_ops speaker_ops = {
	.read = speaker_read,
	.write = speaker_write,
};

/* Made, unmade, state */

static void set_reinject(struct kvm_pit *pit, bool reinject)
{
	lockdep_assert_held(&pit->kvm->lock);
	if (pit->reinject == reinject)
		return;
	if (reinject) {
		reset_ticks(pit);
		kvm_register_irq_ack_notifier(pit->kvm, &pit->notifier);
		WRITE_ONCE(pit->reinject, true);
	} else {
		WRITE_ONCE(pit->reinject, false);
		kvm_unregister_irq_ack_notifier(pit->kvm, &pit->notifier);
	}
}

static void reset_channels(struct kvm_pit *pit)
{
	unsigned int i;

	for (i = 0; i < PIT_NR_CHANNELS; i++) {
		struct kvm_pit_channel_state *c = &pit->channels[i];

		*c = (struct kvm_pit_channel_state){
			.count = 0x10000,
			.mode = 0xff, /* it counts for nobody so far */
			.gate = i != 2,
			.count_load_time = ktime_get_ns(),
		};
	}
}

/*
 * The counters last: vCPUs may run already, and no timer must be on that had to
 * be stopped again.
 */
static int register_devs(struct kvm_pit *pit)
{
	struct kvm *kvm = pit->kvm;
	int r = 0;

	mutex_lock(&kvm->slots_lock);
	if (pit->has_speaker)
		r = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, PIT_SPEAKER_PORT,
					    1, &pit->speaker_dev);
	if (!r)
		r = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, PIT_PORT, 4,
					    &pit->dev);
	if (r && pit->has_speaker)
		/* -ENOENT, if not even that is there, is fine. */
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pit->speaker_dev);
	mutex_unlock(&kvm->slots_lock);
	return r;
}

static int create_pit(struct kvm *kvm, u32 flags)
{
	struct kvm_pit *pit;
	int r;

	pit = kzalloc(sizeof(*pit), GFP_KERNEL_ACCOUNT);
	if (!pit)
		return -ENOMEM;
	pit->kvm = kvm;
	pit->dev.ops = &pit_ops;
	pit->speaker_dev.ops = &speaker_ops;
	pit->has_speaker = flags & KVM_PIT_SPEAKER_DUMMY;
	pit->notifier.gsi = PIT_GSI;
	pit->notifier.fn = tick_acked;
	mutex_init(&pit->lock);
	kthread_init_work(&pit->work, tick_work);
	hrtimer_init(&pit->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	pit->timer.function = tick;
	reset_channels(pit);

	pit->worker =
		kthread_create_worker(0, "kvm-pit/%d", task_tgid_nr(current));
	if (IS_ERR(pit->worker)) {
		r = PTR_ERR(pit->worker);
		goto out_free;
	}
	r = register_devs(pit);
	if (r)
		goto out_worker;
	set_reinject(pit, true);
	kvm->arch.irqchip.pit = pit;
	return 0;

out_worker:
	kthread_destroy_worker(pit->worker);
out_free:
	kfree(pit);
	return r;
}

void kvm_pit_destroy(struct kvm *kvm)
{
	struct kvm_pit *pit = kvm->arch.irqchip.pit;

	if (!pit)
		return;
	mutex_lock(&kvm->lock);
	mutex_lock(&kvm->slots_lock);
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pit->dev);
	if (pit->has_speaker)
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pit->speaker_dev);
	mutex_unlock(&kvm->slots_lock);
	set_reinject(pit, false);
	mutex_unlock(&kvm->lock);

	stop_timer(pit);
	kthread_destroy_worker(pit->worker);
	kvm->arch.irqchip.pit = NULL;
	kfree(pit);
}

static int create(struct kvm *kvm, u32 flags)
{
	int r;

	if (flags & ~KVM_PIT_SPEAKER_DUMMY)
		return -EINVAL;
	mutex_lock(&kvm->lock);
	if (kvm->arch.irqchip.pit)
		r = -EEXIST;
	else if (!irqchip_full(kvm))
		r = -ENOENT;
	else
		r = create_pit(kvm, flags);
	mutex_unlock(&kvm->lock);
	return r;
}

long kvm_vm_ioctl_create_pit(struct kvm *kvm, void *data)
{
	return create(kvm, KVM_PIT_SPEAKER_DUMMY);
}

long kvm_vm_ioctl_create_pit2(struct kvm *kvm, void *data)
{
	const struct kvm_pit_config *config = data;

	return create(kvm, config->flags);
}

/* What the guest could not have made it is made what it could have. */
static void clean_channel(struct kvm_pit_channel_state *c)
{
	c->count = min(c->count, 0x10000u);
	c->count_latched = min_t(u8, c->count_latched, PIT_WORD1);
	c->read_state = min_t(u8, c->read_state, PIT_WORD1);
	c->write_state = min_t(u8, c->write_state, PIT_WORD1);
	c->rw_mode &= 3;
	if (c->mode > 5 && c->mode != 0xff)
		c->mode &= 3;
	c->bcd = !!c->bcd;
	c->gate = !!c->gate;
}

static int set_state(struct kvm *kvm,
		     const struct kvm_pit_channel_state *channels,
		     const u32 *flags)
{
	struct kvm_pit *pit;
	unsigned int i;

	mutex_lock(&kvm->lock);
	pit = kvm->arch.irqchip.pit;
	if (!pit) {
		mutex_unlock(&kvm->lock);
		return -ENXIO;
	}
	mutex_lock(&pit->lock);
	memcpy(pit->channels, channels, sizeof(pit->channels));
	if (flags) {
		pit->flags = *flags & KVM_PIT_FLAGS_HPET_LEGACY;
		pit->speaker_on = *flags & KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	}
	for (i = 0; i < PIT_NR_CHANNELS; i++) {
		clean_channel(&pit->channels[i]);
		load_count(pit, i, pit->channels[i].count);
	}
	mutex_unlock(&pit->lock);
	mutex_unlock(&kvm->lock);
	return 0;
}

static int get_state(struct kvm *kvm, struct kvm_pit_channel_state *channels,
		     u32 *flags)
{
	struct kvm_pit *pit;

	mutex_lock(&kvm->lock);
	pit = kvm->arch.irqchip.pit;
	if (!pit) {
		mutex_unlock(&kvm->lock);
		return -ENXIO;
	}
	mutex_lock(&pit->lock);
	memcpy(channels, pit->channels, sizeof(pit->channels));
	*flags = pit->flags;
	if (pit->speaker_on)
		*flags |= KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	mutex_unlock(&pit->lock);
	mutex_unlock(&kvm->lock);
	return 0;
}

long kvm_vm_ioctl_get_pit(struct kvm *kvm, void *data)
{
	struct kvm_pit_state *state = data;
	u32 flags;

	return get_state(kvm, state->channels, &flags);
}

long kvm_vm_ioctl_set_pit(struct kvm *kvm, void *data)
{
	const struct kvm_pit_state *state = data;

	return set_state(kvm, state->channels, NULL);
}

long kvm_vm_ioctl_get_pit2(struct kvm *kvm, void *data)
{
	struct kvm_pit_state2 *state = data;

	memset(state, 0, sizeof(*state));
	return get_state(kvm, state->channels, &state->flags);
}

long kvm_vm_ioctl_set_pit2(struct kvm *kvm, void *data)
{
	const struct kvm_pit_state2 *state = data;

	return set_state(kvm, state->channels, &state->flags);
}

long kvm_vm_ioctl_reinject_control(struct kvm *kvm, void *data)
{
	struct kvm_reinject_control control;
	int r = -ENXIO;

	if (copy_from_user(&control, (void __user *)data, sizeof(control)))
		return -EFAULT;
	mutex_lock(&kvm->lock);
	if (kvm->arch.irqchip.pit) {
		set_reinject(kvm->arch.irqchip.pit, control.pit_reinject);
		r = 0;
	}
	mutex_unlock(&kvm->lock);
	return r;
}
