package redfish

import "time"

// machine is the system itself: what is true of its power, whatever the controller says.
type machine struct {
	on      bool
	goal    bool // it is on its way there
	at      time.Time
	history []change // the oldest first; never empty
	joules  float64  // since the beginning, until counted
	counted time.Time
}

type change struct {
	at time.Time
	on bool
}

func newMachine(on bool, now time.Time) machine {
	return machine{on: on, goal: on, at: now, history: []change{{now, on}}, counted: now}
}

// settle lets what was under way happen, if its time has come.
func (m *machine) settle(now time.Time, watts func(on bool) float64) {
	if m.on != m.goal && !now.Before(m.at) {
		m.count(m.at, watts)
		m.on = m.goal
		m.history = append(m.history, change{m.at, m.on})
	}
	m.count(now, watts)
}

func (m *machine) count(until time.Time, watts func(on bool) float64) {
	if until.After(m.counted) {
		m.joules += watts(m.on) * until.Sub(m.counted).Seconds()
		m.counted = until
	}
}

// order it to be on or off after a while. What was under way is dropped.
func (m *machine) order(on bool, after time.Duration, now time.Time) {
	m.goal, m.at = on, now.Add(after)
}

// was it on so long ago? Before its beginning it was as at its beginning.
func (m *machine) was(ago time.Duration, now time.Time) bool {
	on := m.history[0].on
	for _, each := range m.history {
		if !each.at.After(now.Add(-ago)) {
			on = each.on
		}
	}
	return on
}

// offSince is when it last went off.
func (m *machine) offSince() time.Time {
	if last := m.history[len(m.history)-1]; !last.on && len(m.history) > 1 {
		return last.at
	}
	return time.Time{}
}
