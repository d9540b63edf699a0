// Command demo walks the whole road once: a mock server, a real init, apply, plan and destroy of
// examples/scenarios/champion-challenger, and the traffic between them.
//
// It builds nothing, needs no network, and leaves nothing behind: its working directory is temporary, and
// the processes that it starts end with it, on failure and on Ctrl-C too. It knows the provider and the
// server by their binaries alone, and the wire by internal/api.
package main
