#include <stdint.h>

// thumb_state returns 1 if this code is in Thumb: its addresses are odd.
int thumb_state(void);

// thumb_rounds calls goRound, which turns one value into the next, and returns a
// mixture of the last value and of all of them, scaled.
int64_t thumb_rounds(uintptr_t h, int32_t rounds, int64_t value, double scale);

// thumb_deep calls goDeep, which calls it back until depth is 0, and returns the sum
// of all depths, or what is negative.
int32_t thumb_deep(uintptr_t h, int32_t depth);

// thumb_wait returns what goWait returns, plus canary.
int32_t thumb_wait(uintptr_t h, int32_t canary);
