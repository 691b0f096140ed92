// Package sample checks the files that plimsoll's dependency edit puts in the place of
// go.mod, go.sum and one source: they must stay this module's plus one, or a rebuild measures something else.
package sample

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const added = "github.com/go-chi/cors "

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func TestTheEditAddsOneModuleAndNothingElse(t *testing.T) {
	for _, file := range []string{"go.mod", "go.sum"} {
		extra := 0
		edited := slices.DeleteFunc(lines(t, "edits/"+file), func(line string) bool {
			isExtra := strings.HasPrefix(strings.TrimSpace(line), added)
			if isExtra {
				extra++
			}
			return isExtra || line == "// edited {nonce}"
		})
		if extra == 0 {
			t.Errorf("edits/%s adds nothing", file)
		}
		if original := lines(t, file); !slices.Equal(edited, original) {
			t.Errorf("edits/%s without %s is\n%q, want\n%q", file, added, edited, original)
		}
	}
}

func TestTheEditUsesTheModuleAndHasPlacesForTheNonce(t *testing.T) {
	for _, file := range []string{"go.mod", "policy.go"} {
		if text := strings.Join(lines(t, "edits/"+file), "\n"); strings.Count(text, "{nonce}") != 1 {
			t.Errorf("edits/%s does not have one place for the nonce", file)
		}
	}
	if text := strings.Join(lines(t, "edits/policy.go"), "\n"); !strings.Contains(text, strings.TrimSpace(added)) {
		t.Error("edits/policy.go does not import the module")
	}
}
