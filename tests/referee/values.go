package main

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A literal is a text, or a number as written in JSON.
type literal struct {
	Text string `json:"text"`
	Bare bool   `json:"bare"`
}

func digits(r *rand.Rand, most int) string {
	b := make([]byte, 1+r.IntN(most))
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

// mutated is the text with a character put in, taken out or put in the place of another.
func mutated(r *rand.Rand, text string) string {
	const characters = "0123456789.+-eEinukmMGTPKhs %_xX"
	at := r.IntN(len(text) + 1)
	with := string(characters[r.IntN(len(characters))])
	switch rest := text[at:]; {
	case chance(r, 0.4) || rest == "":
		return text[:at] + with + rest
	case chance(r, 0.5):
		return text[:at] + rest[1:]
	default:
		return text[:at] + with + rest[1:]
	}
}

// apimachinery takes minutes and gigabytes to multiply such a number out.
var hugeExponent = regexp.MustCompile(`[eE][+-]?[0-9]{4}`)

var beginsWithDigit = regexp.MustCompile(`^ *[+-]?[.]?[0-9]`)

type amounts struct {
	Whole *int64 `json:"whole"` // nil: refused
	Milli *int64 `json:"milli"`
}

var quantities = contest[literal, amounts]{
	about:     "quantity",
	questions: 100_000,
	ask: func(r *rand.Rand) literal {
		number := digits(r, pick(r, 2, 4, 9, 20))
		if chance(r, 0.4) {
			number += "." + digits(r, pick(r, 1, 3, 12))
		}
		sign := pick(r, "", "", "", "", "", "", "", "+", "-")
		if chance(r, 0.2) && sign != "+" { // JSON has no leading zeros
			number = strconv.Itoa(r.IntN(100)) + pick(r, "", ".5", ".25", "e3", "E2", "e-2", "e+1", "000000000000000000")
			return literal{Text: sign + number, Bare: true}
		}
		unit := pick(r, "", "m", "u", "n", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e", "E")
		if unit == "e" || unit == "E" {
			unit += pick(r, "", "+", "-") + digits(r, 2)
		}
		written := sign + number + unit
		if chance(r, 0.15) {
			written = mutated(r, written)
		}
		if hugeExponent.MatchString(written) {
			written = "1"
		}
		return literal{Text: written}
	},
	theirs: func(q literal) amounts {
		parsed, ok := parsedQuantity(q)
		if !ok {
			return amounts{}
		}
		whole, milli := parsed.Value(), parsed.MilliValue()
		return amounts{&whole, &milli}
	},
	listed: []listing[literal, amounts]{
		{reason: "what is negative is 0: no field that Drover reads may hold it", fits: func(q literal, ours, theirs amounts) bool {
			return strings.HasPrefix(strings.TrimSpace(q.Text), "-") && theirs.Whole != nil && ours.Whole != nil && *ours.Whole == 0 && *ours.Milli == 0
		}},
		{reason: "amounts beyond 2^52 are cut off, so that sums of them find room in 64 bits", fits: func(q literal, ours, theirs amounts) bool {
			return theirs.Whole != nil && ours.Whole != nil && cut(q, 1, *ours.Whole) && cut(q, 1000, *ours.Milli)
		}},
		{reason: "a quantity without a digit is refused, where apimachinery reads 0", fits: func(q literal, ours, theirs amounts) bool {
			return ours == amounts{} && theirs.Whole != nil && *theirs.Whole == 0 && !beginsWithDigit.MatchString(q.Text)
		}},
	},
}

// cut tells whether the answer is the quantity, times a factor, rounded up and at most 2^52.
func cut(q literal, factor, answer int64) bool {
	const most = 1 << 52
	parsed, _ := parsedQuantity(q)
	exact := new(inf.Dec).Mul(parsed.AsDec(), inf.NewDec(factor, 0))
	if exact.Cmp(inf.NewDec(most, 0)) >= 0 {
		return answer == most
	}
	whole, ok := exact.Round(exact, 0, inf.RoundCeil).Unscaled()
	return ok && answer == whole
}

func parsedQuantity(q literal) (resource.Quantity, bool) {
	var parsed resource.Quantity
	if q.Bare {
		return parsed, json.Unmarshal([]byte(q.Text), &parsed) == nil
	}
	quoted, _ := json.Marshal(q.Text)
	return parsed, json.Unmarshal(quoted, &parsed) == nil
}

type selection struct {
	Selector *metav1.LabelSelector `json:"selector"`
	Labels   map[string]string     `json:"labels"`
}

func randomLabels(r *rand.Rand, most int) map[string]string {
	of := map[string]string{}
	for range r.IntN(most + 1) {
		of[pick(r, "app", "tier", "kubevirt.io/vm", "zone")] = pick(r, "", "a", "b", "c", "A")
	}
	return of
}

func randomSelector(r *rand.Rand) *metav1.LabelSelector {
	selector := &metav1.LabelSelector{}
	if chance(r, 0.6) {
		selector.MatchLabels = randomLabels(r, 2)
	}
	for range r.IntN(3) {
		op := pick(r, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)
		requirement := metav1.LabelSelectorRequirement{Key: pick(r, "app", "tier", "kubevirt.io/vm", "zone"), Operator: op}
		if op == metav1.LabelSelectorOpIn || op == metav1.LabelSelectorOpNotIn {
			for range 1 + r.IntN(3) {
				requirement.Values = append(requirement.Values, pick(r, "", "a", "b", "c", "A"))
			}
		}
		selector.MatchExpressions = append(selector.MatchExpressions, requirement)
	}
	return selector
}

// Whether the selector selects the labels. Only selectors that the API server lets in are asked about.
var selectors = contest[selection, bool]{
	about:     "selector",
	questions: 40_000,
	ask: func(r *rand.Rand) selection {
		asked := selection{Selector: randomSelector(r), Labels: randomLabels(r, 4)}
		if chance(r, 0.02) {
			asked.Selector = nil
		}
		return asked
	},
	theirs: func(q selection) bool {
		selector, err := metav1.LabelSelectorAsSelector(q.Selector)
		return err == nil && selector.Matches(labels.Set(q.Labels))
	},
}

type share struct {
	Migrations literal `json:"migrations"`
	Selected   int     `json:"selected"`
}

// How many of the selected VMs a budget lets move at once.
var percentages = contest[share, *int64]{
	about:     "percentage",
	questions: 40_000,
	ask: func(r *rand.Rand) share {
		asked := share{Selected: r.IntN(pick(r, 5, 100, 5000))}
		switch {
		case chance(r, 0.2):
			asked.Migrations = literal{Text: strconv.Itoa(r.IntN(200)), Bare: true}
		case chance(r, 0.15):
			asked.Migrations.Text = mutated(r, strconv.Itoa(r.IntN(101))+"%")
		default:
			asked.Migrations.Text = strconv.Itoa(r.IntN(101)) + "%"
		}
		return asked
	},
	theirs: func(q share) *int64 {
		written := q.Migrations.Text
		if !q.Migrations.Bare {
			written = strconv.Quote(written)
		}
		var value intstr.IntOrString
		if json.Unmarshal([]byte(written), &value) != nil {
			return nil
		}
		scaled, err := intstr.GetScaledValueFromIntOrPercent(&value, q.Selected, true)
		if err != nil {
			return nil
		}
		answer := int64(scaled)
		return &answer
	},
	listed: []listing[share, *int64]{
		{reason: "a number in quotes is the number; the schema lets none in", fits: func(q share, ours, theirs *int64) bool {
			_, err := strconv.Atoi(q.Migrations.Text)
			return ours != nil && theirs == nil && err == nil
		}},
		{reason: "shares below 0% or above 100%, and signs, are refused, as by the schema's pattern", fits: func(q share, ours, theirs *int64) bool {
			percent, err := strconv.Atoi(strings.TrimSuffix(q.Migrations.Text, "%"))
			return ours == nil && err == nil && (percent < 0 || percent > 100 || strings.HasPrefix(q.Migrations.Text, "+"))
		}},
	},
}

// Nanoseconds.
var durations = contest[string, *int64]{
	about:     "duration",
	questions: 100_000,
	ask: func(r *rand.Rand) string {
		written := ""
		for range 1 + r.IntN(3) {
			written += digits(r, pick(r, 2, 6, 12))
			if chance(r, 0.4) {
				written += "." + digits(r, pick(r, 1, 6, 15))
			}
			written += pick(r, "h", "m", "s", "s", "ms", "us", "ns", "µs")
		}
		if chance(r, 0.15) {
			written = mutated(r, written)
		}
		return written
	},
	theirs: func(q string) *int64 {
		parsed, err := time.ParseDuration(q)
		if err != nil {
			return nil
		}
		nanos := parsed.Nanoseconds()
		return &nanos
	},
	listed: []listing[string, *int64]{
		{reason: "signs are refused: no duration that Drover takes may be negative", fits: func(q string, ours, theirs *int64) bool {
			return ours == nil && (strings.HasPrefix(q, "-") || strings.HasPrefix(q, "+"))
		}},
		{reason: "µ is refused, as by the schema's pattern; us is the same", fits: func(q string, ours, theirs *int64) bool {
			return ours == nil && strings.Contains(q, "µs")
		}},
	},
}
