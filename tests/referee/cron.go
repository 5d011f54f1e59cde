package main

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A timetable asks for the first times after `After` (Unix seconds) at which a window opens, and whether it is open around them.
type timetable struct {
	Cron     string `json:"cron"`
	Zone     string `json:"zone"`
	After    int64  `json:"after"`
	Count    int    `json:"count"`
	Until    int64  `json:"until"`    // Drover knows changes of the clock 20 years ahead
	Duration int64  `json:"duration"` // seconds
}

// Open tells of each of these openings whose neighbours are known: a second before it, then, a second before its duration is over, and
// when it is.
type times struct {
	Refused bool    `json:"refused"`
	Fires   []int64 `json:"fires"`
	Open    []bool  `json:"open"`
}

// Zones with many kinds of change, by half an hour, backwards in summer, for Ramadan; but none that skips midnight, where cron's Next
// never returns, and none that changes by two hours or at a quarter to the hour, where its answers go back in time; those are in clocks.go.
var zones = []string{
	"Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Dublin", "Europe/Chisinau", "Europe/Istanbul", "Europe/Moscow",
	"America/New_York", "America/St_Johns", "America/Anchorage", "America/Mexico_City", "America/Caracas", "Africa/Casablanca",
	"Africa/Windhoek", "Asia/Jerusalem", "Asia/Kolkata", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland",
	"Pacific/Norfolk", "UTC",
}

var loaded = map[string]*time.Location{}

func zone(name string) *time.Location {
	if loaded[name] == nil {
		location, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		if skipsMidnight(location) {
			panic(name + " skips a midnight: cron's Next would never return")
		}
		loaded[name] = location
	}
	return loaded[name]
}

func skipsMidnight(in *time.Location) bool {
	end := time.Date(2038, 1, 1, 0, 0, 0, 0, in)
	for t := nextChange(time.Date(2012, 12, 1, 0, 0, 0, 0, in)); t.Before(end); t = nextChange(t) {
		before := clockOf(t.Add(-time.Second)).Add(time.Second)
		midnight := before.Add(24*time.Hour - time.Nanosecond).Truncate(24 * time.Hour)
		if midnight.Before(clockOf(t)) {
			return true
		}
		if nextChange(t).Equal(t) {
			break
		}
	}
	return false
}

// nextChange is the first change of the zone's clock after t; t itself when there is none any more.
func nextChange(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return t
	}
	return end
}

func member(r *rand.Rand, low, high int, names []string) string {
	one := func() string {
		if names != nil && chance(r, 0.3) {
			return pick(r, names...)
		}
		return strconv.Itoa(low + r.IntN(high-low+1))
	}
	switch r.IntN(12) {
	case 0:
		return "*/" + strconv.Itoa(1+r.IntN(high))
	case 1, 2:
		return one() + "-" + one()
	case 3:
		return one() + "-" + one() + "/" + strconv.Itoa(1+r.IntN(4))
	case 4:
		return one() + "/" + strconv.Itoa(1+r.IntN(20))
	case 5:
		return pick(r, "*", "?")
	default:
		return one()
	}
}

func field(r *rand.Rand, star float64, low, high int, names ...string) string {
	if chance(r, star) {
		return "*"
	}
	written := member(r, low, high, names)
	for chance(r, 0.2) {
		written += "," + member(r, low, high, names)
	}
	return written
}

func expression(r *rand.Rand) string {
	if chance(r, 0.02) {
		return pick(r, "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually", "@never")
	}
	written := fiveFields(r)
	if chance(r, 0.05) {
		written = mutated(r, written)
	}
	return written
}

func fiveFields(r *rand.Rand) string {
	hours := field(r, 0.2, 0, 23)
	if chance(r, 0.5) { // when clocks change
		hours = strconv.Itoa(r.IntN(4))
	}
	fields := []string{
		field(r, 0.1, 0, 59), hours, field(r, 0.6, 1, 31), field(r, 0.8, 1, 12, "jan", "MAR", "Oct"),
		field(r, 0.7, 0, 6, "sun", "MON", "Fri", "sat"),
	}
	if chance(r, 0.01) {
		fields[4] = pick(r, "7", "5-7", "sat-sun")
	}
	return strings.Join(fields, pick(r, " ", " ", " ", "  ", "\t"))
}

var crons = contest[timetable, times]{
	about:     "cron",
	questions: 30_000,
	ask: func(r *rand.Rand) timetable {
		asked := timetable{Cron: expression(r), Zone: pick(r, zones...), Count: 8, Until: time.Date(2037, 12, 1, 0, 0, 0, 0, time.UTC).Unix(), Duration: pick[int64](r, 60, 900, 3600, 21600, 86400)}
		at := time.Date(2013+r.IntN(18), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, zone(asked.Zone))
		if chance(r, 0.8) {
			at = nextChange(at).Add(-time.Duration(r.IntN(50*3600)) * time.Second)
		}
		asked.After = at.Unix()
		return asked
	},
	theirs: func(q timetable) times {
		schedule, err := cron.ParseStandard(q.Cron)
		if err != nil {
			return times{Refused: true}
		}
		answer := times{}
		after := time.Unix(q.After, 0).In(zone(q.Zone))
		for range q.Count {
			fire := schedule.Next(after)
			if fire.IsZero() || fire.Unix() >= q.Until {
				break
			}
			answer.Fires = append(answer.Fires, fire.Unix())
			after = fire
		}
		answer.Open = openAround(q, answer.Fires)
		answer.Refused = schedule.Next(after).IsZero() && len(answer.Fires) == 0 // no time within its five years
		return answer
	},
	listed: []listing[timetable, times]{
		{reason: "Drover knows Sunday as 7 too, and sat-sun, as Vixie cron does", fits: func(q timetable, ours, theirs times) bool {
			_, err := cron.ParseStandard(q.Cron)
			return !ours.Refused && err != nil && (strings.Contains(err.Error(), "(7)") || strings.Contains(err.Error(), "beginning of range"))
		}},
		{reason: "Drover refuses what is likely a slip: empty members of lists, signs, a range from *, other time zones and intervals (TZ=, @every)",
			fits: func(q timetable, ours, theirs times) bool {
				return ours.Refused && !theirs.Refused && (strings.Contains(q.Cron, ",,") || strings.ContainsAny(q.Cron, "+=@") ||
					strings.Contains(q.Cron, "*-") || strings.Contains(q.Cron, "?-") || slices.ContainsFunc(strings.Fields(q.Cron), func(field string) bool {
					return strings.HasPrefix(field, ",") || strings.HasSuffix(field, ",")
				}))
			}},
		{reason: "*/n counts as a star, as in Vixie cron: with a weekday, fewer windows open", fits: func(q timetable, ours, theirs times) bool {
			fields := strings.Fields(q.Cron)
			return !ours.Refused && !theirs.Refused && len(fields) == 5 && (stepOfAll(fields[2]) || stepOfAll(fields[4])) && !isStar(fields[2]) && !isStar(fields[4])
		}},
		{reason: "Drover looks further ahead than five years", fits: func(q timetable, ours, theirs times) bool {
			return len(ours.Fires) > len(theirs.Fires) && slices.Equal(ours.Fires[:len(theirs.Fires)], theirs.Fires) &&
				time.Unix(ours.Fires[len(theirs.Fires)], 0).Sub(time.Unix(append([]int64{q.After}, theirs.Fires...)[len(theirs.Fires)], 0)) > 4*365*24*time.Hour
		}, rare: true},
		{reason: "a time that clocks skip opens at the first instant after the gap; cron never comes to it", fits: explained(skipped)},
		{reason: "a time that clocks show twice opens once, at its first occurrence; cron comes twice", fits: explained(skipped, shownTwice)},
		{reason: "cron goes on through a gap to a minute of the next hour, which is not named", fits: explained(skipped, shownTwice, overrun), rare: true},
		{reason: "cron steps over times that clocks do show, after a change that is not of one hour on the hour", fits: explained(skipped, shownTwice, overrun, overlooked)},
	},
}

// openAround tells whether the window is open around each of these openings whose neighbours are known.
func openAround(q timetable, fires []int64) []bool {
	var open []bool
	for _, fire := range fires {
		if fire-q.Duration-1 < q.After || fire+q.Duration > fires[len(fires)-1] {
			continue
		}
		for _, t := range []int64{fire - 1, fire, fire + q.Duration - 1, fire + q.Duration} {
			open = append(open, slices.ContainsFunc(fires, func(opened int64) bool { return opened > t-q.Duration && opened <= t }))
		}
	}
	return open
}

func isStar(field string) bool { return field == "*" || field == "?" }
func stepOfAll(field string) bool {
	return strings.HasPrefix(field, "*") || strings.HasPrefix(field, "?")
}

// explained accepts answers in which each time that only one side gives is of one of these kinds.
func explained(kinds ...func(schedule *cron.SpecSchedule, t time.Time, ours bool) bool) func(timetable, times, times) bool {
	return func(q timetable, ours, theirs times) bool {
		parsed, err := cron.ParseStandard(q.Cron)
		schedule, ok := parsed.(*cron.SpecSchedule)
		if err != nil || !ok || ours.Refused || theirs.Refused {
			return false
		}
		end := min(ours.Fires[len(ours.Fires)-1], theirs.Fires[len(theirs.Fires)-1])
		found := false
		odd := func(these, others []int64, areOurs bool) bool {
			for _, fire := range these {
				if fire > end || slices.Contains(others, fire) {
					continue
				}
				found = true
				t := time.Unix(fire, 0).In(zone(q.Zone))
				if !slices.ContainsFunc(kinds, func(kind func(*cron.SpecSchedule, time.Time, bool) bool) bool { return kind(schedule, t, areOurs) }) {
					return true
				}
			}
			return false
		}
		strange := odd(ours.Fires, theirs.Fires, true) || odd(theirs.Fires, ours.Fires, false)
		return found && !strange
	}
}

func skipped(schedule *cron.SpecSchedule, t time.Time, ours bool) bool {
	start, _ := t.ZoneBounds()
	if !ours || !t.Equal(start) {
		return false
	}
	for clock := clockOf(start.Add(-time.Second)).Add(time.Second); clock.Before(clockOf(t)); clock = clock.Add(time.Minute) {
		if names(schedule, clock) {
			return true
		}
	}
	return false
}

func shownTwice(_ *cron.SpecSchedule, t time.Time, ours bool) bool {
	start, _ := t.ZoneBounds()
	return !ours && !start.IsZero() && clockOf(start.Add(-time.Second)).After(clockOf(t))
}

func overrun(schedule *cron.SpecSchedule, t time.Time, ours bool) bool {
	start, _ := t.ZoneBounds()
	return !ours && !names(schedule, clockOf(t)) && t.Sub(start) < time.Hour
}

func overlooked(schedule *cron.SpecSchedule, t time.Time, ours bool) bool {
	start, _ := t.ZoneBounds()
	change := clockOf(start).Sub(clockOf(start.Add(-time.Second)).Add(time.Second))
	odd := change.Abs() > time.Hour || change%time.Hour != 0 || start.Minute() != 0
	return ours && names(schedule, clockOf(t)) && odd && t.Sub(start) < 32*24*time.Hour
}

// clockOf is what the clock on the wall shows, as if it were UTC.
func clockOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func names(schedule *cron.SpecSchedule, clock time.Time) bool {
	const star = 1 << 63
	bit := func(set uint64, value int) bool { return set&(1<<uint(value)) != 0 }
	day, weekday := bit(schedule.Dom, clock.Day()), bit(schedule.Dow, int(clock.Weekday()))
	onDay := day || weekday
	if schedule.Dom&star != 0 || schedule.Dow&star != 0 {
		onDay = day && weekday
	}
	return onDay && bit(schedule.Month, int(clock.Month())) && bit(schedule.Hour, clock.Hour()) && bit(schedule.Minute, clock.Minute())
}
