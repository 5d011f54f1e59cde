// Command referee asks Drover's code and the code that Kubernetes itself runs the same random questions, and fails on each answer
// that differs and is not listed with a reason.
//
//	referee -ours build/release/tests/referee/answers/referee_answers [-seed 1] [-only quantity,cron] [-times 1]
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	program := flag.String("ours", "", "the program that answers for Drover")
	seed := flag.Uint64("seed", 1, "of the questions")
	only := flag.String("only", "", "names of referees, separated by commas; empty: all")
	times := flag.Float64("times", 1, "how many times the usual number of questions to ask")
	flag.Parse()
	passed, failed := 0, 0
	for _, r := range referees() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), r.name()) {
			continue
		}
		begun := time.Now()
		verdict, err := r.judge(*program, *seed, *times)
		if err != nil {
			fmt.Printf("%s: %v\n", r.name(), err)
			failed++
			continue
		}
		verdict.print(os.Stdout, r.name(), time.Since(begun))
		if verdict.unlisted > 0 || len(verdict.stale) > 0 {
			failed++
		} else {
			passed++
		}
	}
	if made != "" {
		_ = os.RemoveAll(made)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func referees() []referee {
	return []referee{quantities, selectors, percentages, durations, crons, clocks, feasibility, kubeconfig, promql, budgets}
}
