// Command bench measures the mock server beside a floor: a bare net/http handler that answers the same bytes,
// in the same run, on the same core.
//
//	go run ./mockserver/bench -server bin/mockserver
//	go run ./mockserver/bench -server bin/mockserver -suite gateway
//
// The second suite puts the server between the load and an upstream that takes no time, beside a plain
// httputil.ReverseProxy in the same place, which is that suite's floor.
//
// One core serves, another asks: wrk where it is installed, else a generator of its own. Upstreams share the
// core of who asks. Rounds alternate between floor and server, so that what else the machine does weighs on
// both; medians are reported. Each target ends in one line
//
//	bar NAME MEASURED TARGET ok|short
//
// and what has no target in a line that starts with figure. It must not know the server's inside: it starts
// the binary and speaks HTTP, and calls the library's constructor for the one target that is about it.
package main
