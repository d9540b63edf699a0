// Command terraform-provider-inference serves the provider to Terraform and OpenTofu over plugin protocol 6.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/inference-iac/terraform-provider-inference/provider"
)

// version is set by the release build through -ldflags "-X main.version=...".
var version = "dev"

func main() {
	debugger := flag.Bool("debug", false, "wait for a debugger and print how Terraform reattaches")
	flag.Parse()

	// The plugin SDK writes a trace of every call, and the CLI drops it unless somebody set TF_LOG. A process that
	// lives for one plan also need not collect garbage often, as long as it stays small. Together that is half of a
	// large plan's CPU time.
	asked := func(kv string) bool { return strings.HasPrefix(kv, "TF_LOG") }
	if !*debugger && !slices.ContainsFunc(os.Environ(), asked) {
		_ = os.Setenv("TF_LOG_SDK", "off") // at worst the trace is written
	}
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(128 << 20)

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/inference-iac/inference",
		Debug:   *debugger,
	})
	if err != nil {
		log.Fatal(err)
	}
}
