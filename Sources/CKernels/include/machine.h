#ifndef QUARRY_MACHINE_H
#define QUARRY_MACHINE_H

#include "cpu.h"

#include <stddef.h>
#include <stdint.h>

/// What the processor could do at best, for benchmarks to set their figures beside.

/// Reads `count` bytes (a multiple of 256) once, in order, with the widest loads of the level; gives a sum of them, so that none is left out.
uint64_t qk_machine_read(const void *bytes, size_t count);

/// Does `rounds` rounds of the level's fastest int8 product-and-add on registers alone; gives how many multiply-adds those were, 0 where the
/// level has none. `sink` takes the result, so that the work is done.
uint64_t qk_machine_multiply_adds(size_t rounds, int32_t *sink);

#endif
