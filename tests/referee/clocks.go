package main

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Zones whose clocks change in a way that cron's Next does not survive: they skip midnight, or change by two hours or half an hour, at a
// quarter to the hour, or for ever.
var oddZones = []string{
	"Africa/Cairo", "Africa/El_Aaiun", "Africa/Khartoum", "Africa/Sao_Tome", "America/Asuncion", "America/Campo_Grande", "America/Havana",
	"America/Nuuk", "America/Santiago", "America/Sao_Paulo", "America/Scoresbysund", "Antarctica/Casey", "Antarctica/Troll", "Asia/Amman",
	"Asia/Beirut", "Asia/Damascus", "Asia/Gaza", "Asia/Pyongyang", "Asia/Tehran", "Atlantic/Azores", "Australia/Lord_Howe", "Pacific/Apia",
	"Pacific/Bougainville", "Pacific/Chatham", "Pacific/Easter", "Pacific/Fiji",
}

// The same question as cron's, in those zones. The expression is read by robfig/cron; when its minutes come is told by a clock on the wall
// that goes by Go's time zones: a minute is reached when the clock first shows it or a later one.
var clocks = contest[timetable, times]{
	about:     "clocks",
	questions: 12_000,
	ask: func(r *rand.Rand) timetable {
		asked := timetable{Zone: pick(r, oddZones...), Count: 8, Duration: pick[int64](r, 60, 900, 3600, 21600)}
		for asked.Cron == "" || !readAlike(asked.Cron) {
			asked.Cron = fiveFields(r)
		}
		in := must(time.LoadLocation(asked.Zone))
		at := time.Date(2013+r.IntN(18), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, in)
		if chance(r, 0.9) {
			at = nextChange(at).Add(-time.Duration(r.IntN(50*3600)) * time.Second)
		}
		asked.After = at.Unix()
		asked.Until = at.Add(4 * 24 * time.Hour).Unix()
		return asked
	},
	theirs: func(q timetable) times {
		schedule := must(cron.ParseStandard(q.Cron)).(*cron.SpecSchedule)
		if schedule.Next(time.Unix(q.After, 0).UTC()).IsZero() {
			return times{Refused: true} // it never comes
		}
		fires := reached(schedule, q, must(time.LoadLocation(q.Zone)))
		return times{Fires: fires, Open: openAround(q, fires)}
	},
}

// readAlike tells whether the expression is one that both sides read, and alike; the others are cron's questions.
func readAlike(expression string) bool {
	schedule, err := cron.ParseStandard(expression)
	fields := strings.Fields(expression)
	if _, ok := schedule.(*cron.SpecSchedule); err != nil || !ok {
		return false
	}
	return (isStar(fields[2]) || !stepOfAll(fields[2])) && (isStar(fields[4]) || !stepOfAll(fields[4]))
}

// reached walks from minute to minute, from two days before, so that it is known what the clock has shown already.
func reached(schedule *cron.SpecSchedule, q timetable, in *time.Location) []int64 {
	var fires []int64
	t := time.Unix(q.After, 0).In(in).Add(-48 * time.Hour).Truncate(time.Minute)
	latest := clockOf(t)
	for ; t.Unix() < q.Until && len(fires) < q.Count; t = t.Add(time.Minute) {
		clock := clockOf(t)
		comes := false
		for latest.Before(clock) {
			latest = latest.Add(time.Minute)
			comes = comes || names(schedule, latest)
		}
		if comes && t.Unix() > q.After {
			fires = append(fires, t.Unix())
		}
	}
	return fires
}
