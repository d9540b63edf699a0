// Package durability kills the mock server under load and looks whether every write that it acknowledged with
// --data is there afterwards.
//
//	go test ./mockserver/durability -kills 200
//
// Each client writes to endpoints of its own, so that what must be there is known exactly: the last state that
// was acknowledged, or the one that the request under way when the server died would have made.
//
// A process that dies takes nothing with it that the kernel already has. So the tests hold two builds with
// planted faults against it: one that answers before it writes, which kills show, and one that writes without
// syncing, which only a look at its system calls shows. It must not know the server's inside: the planted
// builds replace lines of its source at build time, and fail if the lines are not there.
package durability
