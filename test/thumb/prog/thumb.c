//go:build zio

#include <stdint.h>
#include "thumb.h"
#include "_cgo_export.h"

#if !defined(__thumb__)
#error "compile this with -mthumb"
#endif

// The compiler knows the lowest bit of a function's address as 0.
int thumb_state(void) {
	uintptr_t f = (uintptr_t)&thumb_state;
	__asm__ volatile("" : "+r"(f));
	return f & 1;
}

// What is live across each callback needs both halves of pairs of registers and
// registers of the floating-point unit.
int64_t thumb_rounds(uintptr_t h, int32_t rounds, int64_t value, double scale) {
	double sum = 0;
	for (int32_t i = 0; i < rounds; i++) {
		value = goRound(h, i, value, sum);
		sum += value * scale;
	}
	return value ^ (int64_t)sum;
}

int32_t thumb_deep(uintptr_t h, int32_t depth) {
	int32_t n = goDeep(h, depth);
	return n < 0 ? n : n + depth;
}

int32_t thumb_wait(uintptr_t h, int32_t canary) {
	int32_t result = goWait(h);
	return result + canary;
}
