// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - tracepoints of any architecture, made
 *
 * Owns: what trace.h declares.  Whoever fires one includes that header alone.
 */
#define CREATE_TRACE_POINTS
#include "virt/trace.h"
