package night

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Of six nodes of a zone two may be off for Kubernetes to be sure of the zone though one more fails: a third of the cluster.
const asleepMost = 4

const (
	packs = `
type: Consolidation
mode: Enforce
perVM: {cooldown: 5s, movesPerDay: 100}
disruption: {budgets: [{migrations: 4}]}
consolidation: {interval: 3s, reserve: 0, moveCostJoules: 0, powerDown: {enabled: true, after: 3s}}
`
	profile = `
nodeSelector: {}
model: {idleWatts: 200, maxWatts: 400, standbyWatts: 5}
boot: {time: 5s, joules: 500}
shutdown: {time: 5s, joules: 100}
driver: {type: Redfish, redfish: {secret: {namespace: drover-system, name: bmc}}}
limits: {cyclesPerDay: 100, minimumOn: 0s, wakeDeadline: 60s, forceOffAfter: 30s}
`
	evening = 4 * time.Minute // until a third sleeps
	morning = 3 * time.Minute // until all that was asked for runs

	starting = 10 * time.Second // until an operator leads, when nobody else holds the lease
	takeover = 30 * time.Second // ... when one that hangs still does
)

// fleet is the twelve nodes, with a profile for all of them and a way home for them when the test ends.
type fleet struct {
	*Scenario
	vms    []*VM
	policy *Policy
	deaths []Interruption
}

func newFleet(t *testing.T) *fleet {
	f := &fleet{Scenario: WithDrover(t)}
	t.Cleanup(func() { // before anything else is cleaned up
		f.KillOperators()
		for _, node := range f.Nodes() {
			f.Reset(node, "On")
		}
	})
	f.MustDo(f.ConfigureKubeVirt(t.Context(), `{"migrations": {"parallelMigrationsPerCluster": 10}}`))
	f.Secret("bmc", f.User(), f.Password())
	f.PowerProfile("machines", profile, With("driver.redfish.address", f.EmulatorURL()), With("driver.redfish.caBundle", f.Authority()))
	return f
}

// day: each node has a machine that works.
func (f *fleet) day() {
	f.T.Helper()
	for i, node := range f.Nodes() {
		f.vms = append(f.vms, f.VM("day-"+node.Name).OnNode(node.Name).VCPUs(2).Memory("512Mi").Using(Cores(1.5+0.01*float64(i))))
	}
	f.Start(f.vms...)
}

func (f *fleet) loadFalls() {
	f.T.Helper()
	for i, vm := range f.vms {
		vm.Using(Cores(0.05 + 0.01*float64(i)))
	}
}

func (f *fleet) asleep() (nodes []Node) {
	f.T.Helper()
	for _, node := range f.Nodes() {
		if node.Life() == "Asleep" {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

func (f *fleet) mustSleep(count int, limit time.Duration) (nodes []Node) {
	f.T.Helper()
	f.Eventually(fmt.Sprintf("%d nodes are asleep", count), limit, func() error {
		nodes = f.asleep()
		if len(nodes) != count {
			return fmt.Errorf("%d are: %s", len(nodes), f.lives())
		}
		return nil
	})
	for _, node := range nodes {
		if state, err := f.Machine(node); err != nil || state != "Off" {
			f.T.Errorf("%s is Asleep, and its machine is %s (%v)", node.Name, state, err)
		}
	}
	for _, vm := range f.vms {
		vm.MustRun()
	}
	return nodes
}

func (f *fleet) lives() (text string) {
	for _, node := range f.Nodes() {
		if life := node.Life(); life != "" {
			text += fmt.Sprintf("%s %s (%s); ", node.Name, life, node.Reason())
		}
	}
	return text
}

// mustAllServe: none is lost.
func (f *fleet) mustAllServe(limit time.Duration) {
	f.T.Helper()
	for _, node := range f.Nodes() {
		node.MustServe(limit)
	}
	for _, vm := range f.vms {
		vm.MustRun()
	}
}

// In the evening load falls and a third of the nodes goes to sleep. While it sleeps KubeVirt is upgraded, and that comes to its end. In the
// morning machines and pods are asked for all at once that need all twelve nodes: those wake, and nobody waits longer than a boot and a bit.
func TestPowerFromEveningToMorning(t *testing.T) {
	f := newFleet(t)
	f.MustDo(f.RunHandlers(t.Context()))
	f.MustDo(f.RollHandlersOneByOne(t.Context()))
	f.day()
	ledger := f.SQLite()
	operator := f.Operator().Keep(ledger)
	operator.Start()
	operator.MustBecomeReady()
	f.policy = f.ClusterPolicy("pack", packs)
	f.loadFalls()
	began := time.Now()
	sleepers := f.mustSleep(asleepMost, evening)
	t.Logf("%d nodes were asleep after %s", len(sleepers), time.Since(began).Round(time.Second))
	for _, node := range sleepers {
		if !node.HasTaint(OutOfService) || node.LabelOf(NotForNHC) != "true" {
			t.Errorf("%s: out of service %t, excluded from remediation %q", node.Name, node.HasTaint(OutOfService), node.LabelOf(NotForNHC))
		}
	}
	f.Throughout("no more than that sleep", 15*time.Second, func() error {
		if now := len(f.asleep()); now > asleepMost {
			return fmt.Errorf("%d do", now)
		}
		return nil
	})

	f.MustDo(f.UpgradeKubeVirt(t.Context(), "2", time.Second))
	f.Eventually("KubeVirt is upgraded wherever a node is on", 3*time.Minute, func() error { return f.HandlersRolledOut(t.Context()) })
	for _, vm := range f.vms {
		vm.MustRun()
	}

	began = time.Now()
	var burst []*VM
	for i := range 6 {
		burst = append(burst, f.VM(fmt.Sprintf("burst-%d", i)).VCPUs(2).Memory("4Gi").Using(Cores(1)))
	}
	f.Create(burst...)
	f.ReplicaSet("burst", count, "2500m", "rack", "one", "")
	on := f.MustHavePods("burst", count, morning)
	slices.Sort(on)
	if nodes := len(slices.Compact(on)); nodes != count {
		t.Errorf("the pods run on %d nodes", nodes)
	}
	for _, vm := range burst {
		vm.MustRunWithin(morning)
	}
	t.Logf("all that was asked for in the morning ran after %s", time.Since(began).Round(time.Second))
	f.vms = append(f.vms, burst...)
	f.mustAllServe(time.Minute)
	f.Eventually("those that slept have their new virt-handler", time.Minute, func() error { return f.HandlersReady(t.Context()) })
	operator.MustHoldInvariants()

	ended := time.Now()
	ledger.MustHave("the morning to its end", 2*BooksInterval, func(row Row) bool { return row.Until.After(ended) })
	operator.Process.Stop()
	ledger.MustAddUp(1, Patient(takeover)) // on a busy machine the lease may lapse
	f.mustReport(ledger)
	ledger.Kept("night")
}

// mustReport on a night, in which nodes were on and stood by. How long they took in between may be less than there is between two looks.
func (f *fleet) mustReport(ledger *Ledger) {
	f.T.Helper()
	said, code := f.Report(ledger)
	if code != 0 {
		f.T.Fatalf("drover report ends with %d: %s", code, said)
	}
	f.T.Logf("drover report:\n%s", said)
	rows, err := ledger.Rows()
	f.MustDo(err)
	for _, state := range []string{"on", "standby"} {
		if !slices.ContainsFunc(rows, func(row Row) bool { return row.State == state && row.Joules > 0 }) {
			f.T.Errorf("no node was %s, by the ledger", state)
		}
	}
}

// lived is every life of a node on its way to sleep, and the order in it, as effects of the operator are named; woken the way back.
var (
	lived = []string{"Retiring", "Draining", "Empty", "PoweringOff", "GracefulOff", "Asleep"}
	woken = []string{"Waking", "SwitchPower", "Active"}
)

// The operator is killed in each life of a node on the way to sleep and back: when it is about to write that life, or to give the order
// in it, and again when that is done and it has not heard so. Each time the next one goes on, and the books lack no more than an
// interval for each that died.
func TestPowerGoesOnWhereAKilledOperatorStopped(t *testing.T) {
	f := newFleet(t)
	ledger := f.SQLite()
	f.day()
	f.loadFalls()
	f.policy = f.ClusterPolicy("pack", packs)
	operator := f.Operator().Keep(ledger)
	f.mustDieInEach(operator, lived, evening)
	operator.CrashAt(0)
	operator.Start()
	f.mustSleep(asleepMost, evening)
	ledger.MustHave("a node that stands by", 2*BooksInterval, func(row Row) bool { return row.State == "standby" })
	operator.Process.Kill()
	f.died()
	f.policy.Delete()
	f.mustDieInEach(operator, woken, morning)
	operator.CrashAt(0)
	operator.Start()
	operator.MustBecomeReady()
	f.mustAllServe(morning)
	began := time.Now()
	ledger.MustHave("what came after that", 2*BooksInterval, func(row Row) bool { return row.From.After(began) })
	operator.MustHoldInvariants()
	operator.Process.Stop()
	ledger.MustAddUp(1, Patient(takeover), f.deaths...) // as above
	f.mustReport(ledger)
}

// mustDieInEach starts the operator again and again, and each one is killed around an effect of these, the earliest first.
func (f *fleet) mustDieInEach(operator *Operator, effects []string, limit time.Duration) {
	f.T.Helper()
	for _, effect := range effects {
		for _, moment := range []int{Before, After} {
			operator.CrashAround(effect, moment)
			began := time.Now()
			operator.Start()
			f.Eventually(fmt.Sprintf("it dies around %s (%d)", effect, moment), limit, func() error {
				if operator.Process.Running() {
					return fmt.Errorf("it lives: %s", f.lives())
				}
				return nil
			})
			f.T.Logf("it died around %s (%d) after %s: %s", effect, moment, time.Since(began).Round(time.Second), f.lives())
			f.died()
		}
	}
}

// died: an operator did so just now, and the next one is started at once.
func (f *fleet) died() {
	now := time.Now()
	f.deaths = append(f.deaths, Interruption{From: now, Until: now.Add(Patient(starting))})
	f.ForgetLease()
}

// kube-apiserver is away between two states: what is on its way goes on when it is back. Then the leader of two operators hangs while nodes
// are on their way, and the other goes on; the one that hung wakes up and changes nothing.
func TestPowerWhileTheControlPlaneOrAnOperatorIsAway(t *testing.T) {
	f := newFleet(t)
	f.day()
	f.loadFalls()
	ledger := f.SQLite()
	first := f.Operator().Keep(ledger)
	first.Start()
	first.MustBecomeReady()
	f.policy = f.ClusterPolicy("pack", packs)
	f.Eventually("a node is being switched off", evening, func() error {
		for _, node := range f.Nodes() {
			if node.Life() == "PoweringOff" {
				return nil
			}
		}
		return fmt.Errorf("none is: %s", f.lives())
	})
	f.APIServer.Kill()
	time.Sleep(20 * time.Second) // by the clock: nothing can be asked
	f.MustDo(f.APIServer.Start())
	f.mustSleep(asleepMost, evening)

	second := f.Operator().Keep(ledger)
	second.Start()
	second.MustBecomeReady()
	f.policy.Delete()
	f.Eventually("a node is being woken", time.Minute, func() error {
		for _, node := range f.Nodes() {
			if node.Life() == "Waking" {
				return nil
			}
		}
		return fmt.Errorf("none is: %s", f.lives())
	})
	first.Process.Freeze()
	f.mustAllServe(morning)
	before := f.Writes(f.Nodes()...)
	first.Process.Thaw()
	f.Throughout("the one that hung changes nothing", 15*time.Second, func() error {
		if made := f.Writes(f.Nodes()...) - before; made > 0 {
			return fmt.Errorf("%d writes of nodes", made)
		}
		return nil
	})
	f.mustAllServe(time.Minute)
	second.MustHoldInvariants()
	ended := time.Now()
	ledger.MustHave("what came after that", 2*BooksInterval, func(row Row) bool { return row.Until.After(ended) })
	first.Process.Stop()
	second.Process.Stop()
	ledger.MustAddUp(2, Patient(takeover))
	f.mustReport(ledger)
}
