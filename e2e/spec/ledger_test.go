package spec

import (
	"testing"
	"time"
)

func TestOnlyWhatInterruptionsExplainMayBeLost(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	deaths := []Interruption{{at(100), at(110)}, {at(130), at(140)}, {at(300), at(310)}}
	for _, gap := range []struct{ from, until, lost int }{
		{60, 120, 0},    // the interval in which one died, and the time until the next led
		{60, 150, 0},    // the next one did not live to the end of its first
		{60, 200, 48},   // the third must have booked that
		{50, 120, 70},   // nobody had died yet
		{180, 250, 70},  // nor was anybody away then
		{270, 330, 8},   // the last one came late
		{1000, 1001, 1}, // long after
	} {
		if lost := lost(at(gap.from), at(gap.until), deaths); lost != time.Duration(gap.lost)*time.Second {
			t.Errorf("%d to %d: %s and not %d s", gap.from, gap.until, lost, gap.lost)
		}
	}
}
