// Quarry's kernels: pure functions on memory that the caller owns. No allocation, no globals but the level chosen at start.
//
// Every operation is one file: a scalar reference, and faster versions that are chosen by `qk_cpu_level`. Matrices are row-major.
// Results of one level are the same bits whatever the number of rows and threads: no sum runs across rows, and the order of every
// sum depends only on its length.
#ifndef QUARRY_KERNELS_H
#define QUARRY_KERNELS_H

#include "cpu.h"
#include "dense.h"
#include "dense8.h"
#include "encoder.h"
#include "floats.h"
#include "quantised.h"
#include "attention.h"
#include "codes.h"
#include "elementwise.h"
#include "convolution.h"
#include "gated.h"
#include "rope.h"

#endif
