// Reports what BuildKit's converter makes of Dockerfiles: names of steps, images, stages.
//
// Reads a JSON array of cases from stdin and writes one of results to stdout. It makes no
// connection: every image has the configuration that imageConfig gives it.
package main

import (
	"context"
	"encoding/json"
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type testCase struct {
	Name       string            `json:"name"`
	Dockerfile []byte            `json:"dockerfile"`
	Target     string            `json:"target"`
	Args       map[string]string `json:"args"`
}

type stage struct {
	Name string `json:"name"`
	Base string `json:"base"`
}

type result struct {
	Name   string   `json:"name"`
	Error  string   `json:"error,omitempty"`
	Syntax string   `json:"syntax,omitempty"`
	Stages []stage  `json:"stages,omitempty"`
	Images []string `json:"images,omitempty"`
	Steps  []string `json:"steps,omitempty"`
}

// resolver answers for every image, and notes which ones were asked for.
type resolver struct {
	mu    sync.Mutex
	asked map[string]bool
}

func (r *resolver) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[ref] = true
	return ref, "", imageConfig(ref), nil
}

// imageConfig gives an image with `env` in its name the variables BASE_DIR and BASE_FILE and a
// working directory. The others have PATH alone.
func imageConfig(ref string) []byte {
	config := map[string]any{"Env": []string{"PATH=/bin"}}
	if strings.Contains(ref, "env") {
		config["Env"] = []string{"PATH=/bin", "BASE_DIR=/srv", "BASE_FILE=src.txt"}
		config["WorkingDir"] = "/srv"
	}
	text, _ := json.Marshal(map[string]any{
		"architecture": "amd64",
		"os":           "linux",
		"config":       config,
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + strings.Repeat("a", 64)}},
	})
	return text
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	results := make([]result, len(cases))
	for i, c := range cases {
		results[i] = convert(c)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(results); err != nil {
		panic(err)
	}
}

func convert(c testCase) result {
	ctx := context.Background()
	images := &resolver{asked: map[string]bool{}}
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	caps := pb.Caps.CapSet(pb.Caps.All())
	out := result{Name: c.Name}
	out.Syntax, _, _, _ = parser.DetectSyntax(c.Dockerfile)
	targets, err := dockerfile2llb.ListTargets(ctx, c.Dockerfile)
	if err == nil {
		for _, target := range targets.Targets {
			out.Stages = append(out.Stages, stage{target.Name, target.Base})
		}
	}
	state, _, _, _, err := dockerfile2llb.Dockerfile2LLB(ctx, c.Dockerfile, dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			BuildArgs:      c.Args,
			Target:         c.Target,
			BuildPlatforms: []ocispecs.Platform{platform},
		},
		TargetPlatform: &platform,
		MetaResolver:   images,
		LLBCaps:        &caps,
	})
	if err != nil {
		out.Error = err.Error()
		return out
	}
	definition, err := state.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		out.Error = "marshal: " + err.Error()
		return out
	}
	names := map[string]bool{}
	for _, meta := range definition.Metadata {
		name := meta.Description["llb.customname"]
		if strings.HasPrefix(name, "[") && !strings.HasPrefix(name, "[internal]") && !strings.Contains(name, "] LINK ") {
			names[name] = true
		}
	}
	out.Steps = sorted(names)
	out.Images = sorted(images.asked)
	return out
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for item := range set {
		list = append(list, item)
	}
	sort.Strings(list)
	return list
}
