package spec

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// How often an operator of a scenario looks at what nodes draw, and how long an interval of its ledger is: five times that.
const (
	booksPace     = 6 * time.Second
	BooksInterval = 5 * booksPace
)

// Ledger that operators keep: a file of SQLite, or a database of PostgreSQL.
type Ledger struct {
	s        *Scenario
	Location string // as --ledger takes it
	ask      func(query string) ([]byte, error)
}

// SQLite is a ledger in a file of its own.
func (s *Scenario) SQLite() *Ledger {
	s.T.Helper()
	file := filepath.Join(s.T.TempDir(), "ledger.db")
	return &Ledger{s, file, func(query string) ([]byte, error) {
		const program = `import json, sqlite3, sys
print(json.dumps(sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True).execute(sys.argv[2]).fetchall()))`
		return output("python3", "-c", program, file, query)
	}}
}

// Keep an operator's books in the ledger, from its next start on.
func (o *Operator) Keep(ledger *Ledger) *Operator {
	o.Process.Args = append(o.Process.Args, "--ledger", ledger.Location)
	o.Process.Env = append(o.Process.Env, fmt.Sprintf("DROVER_BOOKS_PACE=%d", int(booksPace.Seconds())))
	return o
}

func output(program string, args ...string) ([]byte, error) {
	said, err := exec.Command(program, args...).Output()
	if failed, is := err.(*exec.ExitError); is {
		err = fmt.Errorf("%s: %w: %s", program, err, failed.Stderr)
	}
	return said, err
}

// Row of what a node drew.
type Row struct {
	Node, State, Source, Class string
	From, Until                time.Time
	Joules                     float64
}

// Rows by node and time.
func (l *Ledger) Rows() (rows []Row, err error) {
	said, err := l.ask("SELECT node, state, source, class, from_ns, until_ns, joules FROM energy ORDER BY node, from_ns")
	if err != nil {
		return nil, err
	}
	var lines [][7]json.RawMessage
	if err := json.Unmarshal(said, &lines); err != nil {
		return nil, fmt.Errorf("%w in %.200s", err, said)
	}
	for _, line := range lines {
		var row Row
		var from, until int64
		for i, into := range []any{&row.Node, &row.State, &row.Source, &row.Class, &from, &until, &row.Joules} {
			if err := json.Unmarshal(line[i], into); err != nil {
				return nil, fmt.Errorf("%w in %s", err, line[i])
			}
		}
		row.From, row.Until = time.Unix(0, from), time.Unix(0, until)
		rows = append(rows, row)
	}
	return rows, nil
}

// Interruption of the books: the operator that led died at one moment, and at the other the next one led at the latest.
type Interruption struct{ From, Until time.Time }

// A look may come late.
const late = 2 * booksPace

// lost is how long no row need be from one moment to another, but for what interruptions explain: each costs the interval in which it
// came, and the time in which none led. Those are in the order of time.
func lost(from, until time.Time, interruptions []Interruption) time.Duration {
	for _, each := range interruptions {
		begin, end := each.From.Add(-BooksInterval-late), each.Until.Add(late)
		if !begin.After(from) && end.After(from) {
			from = end
		}
	}
	return max(0, until.Sub(from))
}

// MustAddUp: of each node no moment is booked twice, and what is missing between its first row and its last was lost in interruptions:
// in those that are known, and in so many more at moments that are not, each of which costs an interval and the time in which none led.
func (l *Ledger) MustAddUp(more int, noneLed time.Duration, known ...Interruption) {
	l.s.T.Helper()
	rows, err := l.Rows()
	l.s.must(err)
	if len(rows) == 0 {
		l.s.T.Error("nothing is in the ledger")
	}
	most := BooksInterval + late + noneLed
	missing, last := map[string]time.Duration{}, map[string]Row{}
	for _, row := range rows {
		if !row.Until.After(row.From) || row.Joules < 0 {
			l.s.T.Errorf("the ledger has a row that can't be: %+v", row)
		}
		before, follows := last[row.Node]
		if follows && row.From.Before(before.Until) {
			l.s.T.Errorf("the ledger has a time twice: %+v and %+v", before, row)
		}
		if follows && row.From.After(before.Until) {
			gap := lost(before.Until, row.From, known)
			if gap > most {
				l.s.T.Errorf("the ledger lacks %s of %s at once, and an interruption may cost %s: %+v and %+v", gap, row.Node, most, before, row)
			}
			missing[row.Node] += gap
		}
		last[row.Node] = row
	}
	for _, node := range nodeNames() {
		if _, is := last[node]; !is {
			l.s.T.Errorf("the ledger has nothing of %s", node)
		}
		if all := time.Duration(more) * most; missing[node] > all {
			l.s.T.Errorf("the ledger lacks %s of %s, and %d interruptions may cost %s", missing[node], node, more, all)
		}
	}
	l.s.T.Logf("the ledger has %d rows of %d nodes", len(rows), len(last))
}

// MustHave rows like that within a time: those of an interval are written when it is over.
func (l *Ledger) MustHave(what string, limit time.Duration, like func(Row) bool) {
	l.s.T.Helper()
	l.s.Eventually("the ledger has "+what, limit, func() error {
		rows, err := l.Rows()
		for _, row := range rows {
			if like(row) {
				return nil
			}
		}
		return fmt.Errorf("not among %d rows (%v)", len(rows), err)
	})
}

// Kept in build/e2e, or in the folder that E2E_KEEP names: the ledger, and what drover report makes of it as a page.
func (l *Ledger) Kept(name string) {
	l.s.T.Helper()
	folder := os.Getenv("E2E_KEEP")
	if folder == "" {
		folder = filepath.Join(repository(), "build", "e2e")
	}
	l.s.must(os.MkdirAll(folder, 0o755))
	file := filepath.Join(folder, name+".db")
	const program = `import sqlite3, sys
into = sqlite3.connect(sys.argv[2])
sqlite3.connect(sys.argv[1]).backup(into)
into.execute("PRAGMA journal_mode = DELETE")`
	_ = os.Remove(file)
	_, err := output("python3", "-c", program, l.Location, file)
	l.s.must(err)
	page, code := l.s.Report(l, "-o", "html")
	if code != 0 || !strings.Contains(page, "<svg") {
		l.s.T.Errorf("drover report -o html ends with %d:\n%.500s", code, page)
	}
	l.s.must(os.WriteFile(filepath.Join(folder, name+".html"), []byte(page), 0o644))
	l.s.T.Logf("%s and the report on it as %s.html are kept in %s", file, name, folder)
}

// Report of a ledger.
func (s *Scenario) Report(ledger *Ledger, flags ...string) (said string, code int) {
	s.T.Helper()
	return s.droverWith(usual, append([]string{"report", "--ledger", ledger.Location, "--since", "1d", "--price", "0.28", "--carbon", "380"}, flags...)...)
}
