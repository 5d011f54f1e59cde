package power

import (
	"time"

	"drover.dev/drover/e2e/redfish"
	. "drover.dev/drover/e2e/spec"
)

// Until a row must be there: its interval, and the database may be away meanwhile, and then be tried again only after a time.
const booking = 8 * BooksInterval

// A machine with a meter at its input: what it draws is booked as measured, on and asleep.
func metered(w *ward) {
	watts, standby := 230.0, 6.0
	w.turn(func(d *redfish.Dials) { d.Watts, d.StandbyWatts, d.Meters = &watts, &standby, []string{"environment"} })
	w.evening()
	of := func(state string) func(Row) bool {
		return func(row Row) bool {
			return row.Node == w.sleeper.Name && row.State == state && row.Class == "measured" && row.Joules > 0
		}
	}
	w.books.MustHave("what its meter says while it is on", booking, of("on"))
	w.mustSleep(sleeping)
	w.books.MustHave("what its meter says while it sleeps", booking, of("standby"))
	w.mustWakeFor(w.need("late"))
}

// The database is away for a time: what is to be written waits, and nothing is lost of it.
func ledgerAway(s *Scenario, books *PostgreSQL) {
	any := func(Row) bool { return true }
	books.MustHave("something", 4*BooksInterval, any)
	books.Stop()
	time.Sleep(2 * BooksInterval) // by the clock: intervals end meanwhile
	books.Start()
	back := time.Now()
	books.MustHave("what came after that", booking, func(row Row) bool { return row.From.After(back) })
}
