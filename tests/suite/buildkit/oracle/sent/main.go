// Reports what BuildKit's client sends of a tree with an ignore file.
//
// Reads a JSON array of cases from stdin and writes one of results to stdout. The trees are made
// in a temporary folder.
package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

type testCase struct {
	Name   string   `json:"name"`
	Ignore string   `json:"ignore"`
	Tree   []string `json:"tree"`
}

type result struct {
	Name  string   `json:"name"`
	Sent  []string `json:"sent"`
	Error bool     `json:"error,omitempty"`
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	results := make([]result, len(cases))
	for i, c := range cases {
		sent, err := sent(c)
		results[i] = result{Name: c.Name, Sent: sent, Error: err != nil}
		if err != nil {
			results[i].Sent = []string{}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

func sent(c testCase) ([]string, error) {
	root, err := os.MkdirTemp("", "sent")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)
	for _, file := range c.Tree {
		full := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(full, nil, 0o644); err != nil {
			panic(err)
		}
	}
	patterns, err := ignorefile.ReadAll(strings.NewReader(c.Ignore))
	if err != nil {
		return nil, err
	}
	// The walk compiles a pattern when it first needs it. Here a bad one counts in any case.
	for _, pattern := range patterns {
		list := []string{pattern}
		if strings.HasPrefix(pattern, "!") {
			list = []string{"x", pattern}
		}
		matcher, err := patternmatcher.New(list)
		if err != nil {
			return nil, err
		}
		if _, err := matcher.MatchesOrParentMatches("x"); err != nil {
			return nil, err
		}
	}
	tree, err := fsutil.NewFS(root)
	if err != nil {
		return nil, err
	}
	tree, err = fsutil.NewFilterFS(tree, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		return nil, err
	}
	list := []string{}
	err = tree.Walk(context.Background(), "/", func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			list = append(list, filepath.ToSlash(path))
		}
		return err
	})
	return list, err
}
