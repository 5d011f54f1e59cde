package spec

import "testing"

func TestPatienceIsThatOfALoadedMachine(t *testing.T) {
	for _, one := range []struct{ load, want float64 }{{0, 1}, {1.9, 1}, {5, 2.5}, {100, 4}} {
		if got := patienceAt(one.load, 2); got != one.want {
			t.Errorf("at a load of %g on two cores it is %g instead of %g", one.load, got, one.want)
		}
	}
}
