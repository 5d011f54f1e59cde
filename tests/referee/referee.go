package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"time"
)

// A referee puts questions about one thing to both sides.
type referee interface {
	name() string
	judge(program string, seed uint64, times float64) (verdict, error)
}

// A listing is a difference that is accepted: why, and how it is known.
type listing[Q, A any] struct {
	reason string
	fits   func(question Q, ours, theirs A) bool
	rare   bool // it need not turn up in each run
}

// A contest is a referee whose questions are of type Q and whose answers are of type A; both travel as JSON.
type contest[Q, A any] struct {
	about     string
	questions int
	ask       func(*rand.Rand) Q
	theirs    func(Q) A // the referee's answer
	listed    []listing[Q, A]
	parts     func(A) []A               // for answers that hold many; nil: it is one
	same      func(ours, theirs A) bool // nil: when they are equal
}

type verdict struct {
	answers     int
	differences int
	unlisted    int
	examples    []string       // of unlisted differences
	listed      []string       // reasons, in the order of the listings
	counts      map[string]int // by reason
	stale       []string       // reasons for which there was no difference
}

const shownExamples = 8

func (c contest[Q, A]) name() string { return c.about }

func (c contest[Q, A]) judge(program string, seed uint64, times float64) (verdict, error) {
	random := rand.New(rand.NewPCG(seed, 0))
	questions := make([]Q, int(float64(c.questions)*times))
	for i := range questions {
		questions[i] = c.ask(random)
	}
	v := verdict{counts: map[string]int{}}
	number := 0
	err := eachAnswer(program, c.about, questions, func(line []byte) error {
		var ours A
		if err := json.Unmarshal(line, &ours); err != nil {
			return fmt.Errorf("question %d: Drover's answer %.200q: %w", number, line, err)
		}
		c.judged(&v, questions[number], ours)
		number++
		return nil
	})
	if err == nil && number != len(questions) {
		err = fmt.Errorf("Drover answered %d of %d questions; it ended at %s", number, len(questions), text(questions[number]))
	}
	for _, l := range c.listed {
		v.listed = append(v.listed, l.reason)
		if v.counts[l.reason] == 0 && !l.rare {
			v.stale = append(v.stale, l.reason)
		}
	}
	return v, err
}

// judged notes how one question was answered.
func (c contest[Q, A]) judged(v *verdict, question Q, ours A) {
	theirs := c.theirs(question)
	if c.parts == nil {
		c.compare(v, question, ours, theirs)
		return
	}
	our, their := c.parts(ours), c.parts(theirs)
	for i := range max(len(our), len(their)) {
		if i >= len(our) || i >= len(their) {
			c.compare(v, question, ours, theirs)
			return
		}
		c.compare(v, question, our[i], their[i])
	}
}

func (c contest[Q, A]) compare(v *verdict, question Q, ours, theirs A) {
	v.answers++
	if c.same != nil && c.same(ours, theirs) || c.same == nil && reflect.DeepEqual(ours, theirs) {
		return
	}
	v.differences++
	for _, l := range c.listed {
		if l.fits(question, ours, theirs) {
			v.counts[l.reason]++
			return
		}
	}
	v.unlisted++
	if len(v.examples) < shownExamples {
		v.examples = append(v.examples, fmt.Sprintf("Drover:  %s\n    referee: %s\n    to: %s", text(ours), text(theirs), text(question)))
	}
}

func (v verdict) print(to io.Writer, name string, took time.Duration) {
	fmt.Fprintf(to, "%-12s %6d answers, %5d differences, %5d not listed  (%.1f s)\n", name, v.answers, v.differences, v.unlisted, took.Seconds())
	for _, reason := range v.listed {
		fmt.Fprintf(to, "  %6d  %s\n", v.counts[reason], reason)
	}
	for _, reason := range v.stale {
		fmt.Fprintf(to, "  STALE: no difference any more: %s\n", reason)
	}
	for _, example := range v.examples {
		fmt.Fprintf(to, "  DIFFERENCE: %s\n", example)
	}
}

// eachAnswer runs the program once, writes each question to it as a line, and gives its lines to got.
func eachAnswer[Q any](program, about string, questions []Q, got func([]byte) error) error {
	command := exec.Command(program, about)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() {
		buffered := bufio.NewWriter(in)
		encoder := json.NewEncoder(buffered)
		var err error
		for _, q := range questions {
			if err = encoder.Encode(q); err != nil {
				break
			}
		}
		asked <- errors.Join(err, buffered.Flush(), in.Close())
	}()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<26)
	for err == nil && lines.Scan() {
		err = got(lines.Bytes())
	}
	if err != nil {
		_ = command.Process.Kill()
		_ = command.Wait()
		return err
	}
	return errors.Join(lines.Err(), <-asked, command.Wait())
}

func text(value any) string {
	written, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(written)
}

// pick is one of the choices, each as likely.
func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// chance is true in that share of the cases.
func chance(r *rand.Rand, share float64) bool { return r.Float64() < share }
