package check

import "testing"

func TestPasses(t *testing.T) {
	if sum(2, 3) != 5 {
		t.Fatal("5 expected")
	}
}

func TestFails(t *testing.T) {
	if sum(2, 3) != 6 {
		t.Fatal("6 expected")
	}
}
