package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Group bad-input: what makes no sense is answered where its writer looks, in words that say what to write instead.

const signal = `signal: {kubevirtMetric: {name: CPUDelay}}`

func TestBadInputIsRefusedByTheAPIServer(t *testing.T) {
	for name, bad := range map[string]struct {
		spec   string
		saying []string
	}{
		"TypeWithoutItsMember":    {`{type: Threshold}`, []string{"type is Threshold", "spec.threshold"}},
		"MemberOfAnotherType":     {`{type: Encrypted, encrypted: {}, threshold: {` + signal + `, level: 0.5}}`, []string{"spec.threshold is set but type is Encrypted"}},
		"ConsolidationByAnOwner":  {`{type: Consolidation, consolidation: {}}`, []string{"ClusterMigrationPolicy"}},
		"UnknownType":             {`{type: Sometimes}`, []string{"type", "Threshold"}},
		"NoType":                  {`{threshold: {` + signal + `, level: 0.5}}`, []string{"type"}},
		"UnknownMode":             {`{type: Threshold, mode: Force, threshold: {` + signal + `, level: 0.5}}`, []string{"mode", "Enforce"}},
		"UnknownField":            {`{type: Threshold, treshold: {}, threshold: {` + signal + `, level: 0.5}}`, []string{`unknown field "spec.treshold"`}},
		"NoLevel":                 {`{type: Threshold, threshold: {` + signal + `}}`, []string{"level"}},
		"LevelAsText":             {`{type: Threshold, threshold: {` + signal + `, level: "high"}}`, []string{"level"}},
		"NegativeLevelOfAShare":   {`{type: Threshold, threshold: {` + signal + `, level: -1}}`, []string{"level", "0 to 1"}},
		"NegativeHysteresis":      {`{type: Threshold, threshold: {` + signal + `, level: 0.5, hysteresis: -1}}`, []string{"hysteresis"}},
		"NegativeGain":            {`{type: Threshold, threshold: {` + signal + `, level: 0.5, minimumGain: -0.1}}`, []string{"minimumGain"}},
		"NegativeInterval":        {`{type: Threshold, threshold: {` + signal + `, level: 0.5, interval: -5s}}`, []string{"interval"}},
		"IntervalOfZero":          {`{type: Threshold, threshold: {` + signal + `, level: 0.5, interval: 0s}}`, []string{"interval"}},
		"HugeDuration":            {`{type: Threshold, threshold: {` + signal + `, level: 0.5, for: 999999h}}`, []string{"for"}},
		"DurationWithoutUnit":     {`{type: Threshold, threshold: {` + signal + `, level: 0.5, for: "60"}}`, []string{"for"}},
		"NegativeBudget":          {`{type: Threshold, disruption: {budgets: [{migrations: -1}]}, threshold: {` + signal + `, level: 0.5}}`, []string{"budgets"}},
		"HugeBudget":              {`{type: Threshold, disruption: {budgets: [{migrations: 99999999}]}, threshold: {` + signal + `, level: 0.5}}`, []string{"budgets"}},
		"BudgetOfTooMuch":         {`{type: Threshold, disruption: {budgets: [{migrations: "110%"}]}, threshold: {` + signal + `, level: 0.5}}`, []string{"budgets"}},
		"BudgetWithHalfAWindow":   {`{type: Threshold, disruption: {budgets: [{migrations: 1, schedule: "@daily"}]}, threshold: {` + signal + `, level: 0.5}}`, []string{"schedule and duration come together"}},
		"CronOfWords":             {`{type: Threshold, schedule: [{cron: "every night", duration: 1h}], threshold: {` + signal + `, level: 0.5}}`, []string{"cron", "five fields"}},
		"EmptySchedule":           {`{type: Threshold, schedule: [], threshold: {` + signal + `, level: 0.5}}`, []string{"schedule"}},
		"NegativeCooldown":        {`{type: Threshold, perVM: {cooldown: -1m}, threshold: {` + signal + `, level: 0.5}}`, []string{"cooldown"}},
		"NoMovesPerDay":           {`{type: Threshold, perVM: {movesPerDay: 0}, threshold: {` + signal + `, level: 0.5}}`, []string{"movesPerDay"}},
		"HugeMovesPerDay":         {`{type: Threshold, perVM: {movesPerDay: 99999999999}, threshold: {` + signal + `, level: 0.5}}`, []string{"movesPerDay"}},
		"TwoSignals":              {`{type: Threshold, threshold: {signal: {kubevirtMetric: {name: CPUDelay}, promql: {query: up}}, level: 0.5}}`, []string{"exactly one of"}},
		"NoSignal":                {`{type: Threshold, threshold: {signal: {}, level: 0.5}}`, []string{"exactly one of"}},
		"UnknownMetric":           {`{type: Threshold, threshold: {signal: {kubevirtMetric: {name: CPU}}, level: 0.5}}`, []string{"CPUUtilization"}},
		"HugeQuery":               {`{type: Threshold, threshold: {signal: {promql: {query: ` + strings.Repeat("x", 5000) + `}}, level: 0.5}}`, []string{"query"}},
		"SelectorWithoutValues":   {`{type: Threshold, selector: {matchExpressions: [{key: a, operator: In}]}, threshold: {` + signal + `, level: 0.5}}`, []string{"needs values"}},
		"SelectorWithBadOperator": {`{type: Threshold, selector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}, threshold: {` + signal + `, level: 0.5}}`, []string{"operator"}},
		"NamespacesOfAnOwnersOwn": {`{type: Threshold, namespaces: [other], threshold: {` + signal + `, level: 0.5}}`, []string{`unknown field "spec.namespaces"`}},
	} {
		t.Run(name, func(t *testing.T) { WithDrover(t).MustRefuse("bad", bad.spec, bad.saying...) })
	}
}

// What no schema can know is told by the operator, in the policy's conditions; and it does not harm the other policies.
func TestBadInputIsToldInTheConditions(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	operator := s.StartOperator("--allow-owner-promql")
	invalid := func(name string, saying []string, changes ...Change) {
		t.Helper()
		policy := s.Policy(name, Pressure, append(changes, With("selector", onlyWeb))...)
		policy.MustBe("Ready=False", "", saying...)
		policy.MustBe("Stalled=True", "")
		policy.Delete()
	}
	invalid("cron", []string{"cron"}, With("schedule", `[{cron: "61 25 * * *", duration: 1h}]`))
	invalid("zone", []string{"Mars/Olympus"}, With("schedule", `[{cron: "@daily", duration: 1h, timeZone: Mars/Olympus}]`))
	invalid("budget-cron", []string{"budgets", "schedule"}, With("disruption", `{budgets: [{migrations: 0, schedule: "0 0 31 2 *", duration: 1h}, {migrations: 1, schedule: "99 * * * *", duration: 1h}]}`))
	invalid("encrypted", []string{"not"}, With("type", "Encrypted"), With("threshold", "null"), With("encrypted", "{}"))

	promql := s.Policy("promql", Pressure, With("selector", onlyWeb), With("threshold.signal", `{promql: {query: "rate(("}}`))
	promql.MustBe("Ready=False", "SignalInvalid", "parse error")
	scalar := s.Policy("scalar", Pressure, With("selector", onlyWeb), With("threshold.signal", `{promql: {query: "1"}}`))
	scalar.MustBe("Ready=False", "", "vector")
	nobody := s.Policy("nobody", Pressure, With("selector", `{matchLabels: {app: no-such-app}}`))
	nobody.MustBe("Ready=True", "NothingSelected", "selector")
	web.MustStayFor(2 * time.Second)
	for _, policy := range []*Policy{promql, scalar} {
		policy.Delete()
	}
	s.Policy("good", Pressure, With("selector", onlyWeb))
	web.MustMoveFrom("n1")
	operator.MustHoldInvariants()
}

// What an owner's PromQL may read with Drover's credentials is the administrator's choice.
func TestBadInputAnOwnersPromQLIsNotCarriedOutUnlessItIsAllowed(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	signals := filepath.Join(t.TempDir(), "signals.yaml")
	offered := "- name: delay\n  query: max by (namespace, name) (rate(kubevirt_vmi_vcpu_delay_seconds_total{namespace=\"$namespace\"}[5s]))\n"
	if err := os.WriteFile(signals, []byte(offered), 0o600); err != nil {
		t.Fatal(err)
	}
	operator := s.StartOperator("--signals", signals)
	own := s.Policy("own", Pressure, With("selector", onlyWeb), With("threshold.signal", delayByPromQL))
	own.MustBe("Ready=False", "PromQlNotAllowed", "--allow-owner-promql", "delay")
	own.MustBe("Stalled=True", "PromQlNotAllowed")
	unknown := s.Policy("unknown", Pressure, With("selector", onlyWeb), With("threshold.signal", "{named: {name: dealy}}"))
	unknown.MustBe("Ready=False", "Invalid", "dealy", "delay")
	web.MustStayFor(2 * time.Second)
	own.Delete()
	unknown.Delete()
	s.Policy("named", Pressure, With("selector", onlyWeb), With("threshold.signal", "{named: {name: delay}}")).MustBe("Ready=True", "")
	web.MustMoveFrom("n1")
	operator.MustHoldInvariants()
}

func TestBadInputPolicyIsMended(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb), With("schedule", `[{cron: "61 25 * * *", duration: 1h}]`))
	policy.MustBe("Ready=False", "")
	policy.Change(With("schedule", `[{cron: "* * * * *", duration: 2m}]`))
	policy.MustBe("Ready=True", "")
	web.MustMoveFrom("n1")
	web.MustHaveMoves(1)
}

func TestBadInputTwoPoliciesThatDisagreeMoveNothingAndSaySo(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	s.StartOperator()
	north := s.Policy("north", Pressure, With("selector", onlyWeb), With("targets", "{zones: [a]}"))
	south := s.Policy("south", Pressure, With("selector", onlyWeb), With("targets", "{zones: [b]}"))
	for _, policy := range []*Policy{north, south} {
		policy.MustJudge(web, "Hold", "PoliciesDisagree")
	}
	web.MustStayFor(3 * time.Second)
	south.Delete()
	web.MustMoveTo("n2") // all that zone a has besides n1
	web.MustHaveMoves(1)
}

func TestBadInputKubeconfigIsAClearError(t *testing.T) {
	s := WithDrover(t)
	good, err := s.OperatorKubeconfig(t.Context(), "good")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, new string) string { return strings.ReplaceAll(string(content), old, new) }
	for name, bad := range map[string]struct{ content, saying string }{
		"Empty":             {"", "kubeconfig"},
		"NotYAML":           {"{]", "kubeconfig"},
		"AnotherKind":       {"apiVersion: v1\nkind: Pod\n", "kubeconfig"},
		"NoCurrentContext":  {replaced("current-context: local", "current-context: \"\""), "current-context"},
		"UnknownContext":    {replaced("current-context: local", "current-context: elsewhere"), "elsewhere"},
		"BadCertificate":    {replaced("certificate-authority-data: ", "certificate-authority-data: AAAA"), "certificate"},
		"MissingClientFile": {replaced("token: ", "client-certificate: /no/such/file\n    client-key: /no/such/file\n    token: "), "/no/such/file"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "kubeconfig")
			if err := os.WriteFile(file, []byte(bad.content), 0o600); err != nil {
				t.Fatal(err)
			}
			said, code := s.DroverOperator("--kubeconfig", file, "--prometheus-url", s.Prometheus)
			if code <= 0 || !strings.Contains(said, file) && !strings.Contains(said, bad.saying) || !strings.Contains(said, bad.saying) {
				t.Errorf("exit code %d, and no %q in:\n%s", code, bad.saying, said)
			}
		})
	}
	t.Run("NoSuchFile", func(t *testing.T) {
		said, code := s.DroverOperator("--kubeconfig", "/no/such/kubeconfig", "--prometheus-url", s.Prometheus)
		if code <= 0 || !strings.Contains(said, "/no/such/kubeconfig") {
			t.Errorf("exit code %d:\n%s", code, said)
		}
	})
	t.Run("UnknownFlag", func(t *testing.T) {
		if said, code := s.DroverOperator("--prometheus-url", s.Prometheus, "--no-such-flag"); code != 2 || !strings.Contains(said, "--no-such-flag") {
			t.Errorf("exit code %d:\n%s", code, said)
		}
	})
	// What may heal by itself is not a reason to end: it is not ready, and says why.
	t.Run("RevokedToken", func(t *testing.T) {
		s := WithDrover(t)
		file := filepath.Join(t.TempDir(), "kubeconfig")
		lines := strings.Split(string(content), "\n")
		for i, line := range lines {
			if strings.Contains(line, "token: ") {
				lines[i] = "    token: not-a-token"
			}
		}
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		operator := s.Operator("--kubeconfig", file)
		operator.Start()
		operator.MustSay("unauthorized")
		operator.MustNotBeReady()
	})
}
