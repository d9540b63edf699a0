// Package launcher runs programs and keeps them running: it starts one, asks whether it serves, starts it again with
// a growing delay when it exits or stays unhealthy, keeps the last lines that it printed, and stops it with all that
// it started.
//
// A Process is one program under supervision. What to run, on which port, and how to tell that it serves is asked
// before every start, so that a port that was taken in between is not tried again.
//
// On Unix a program leads a process group of its own and is signalled with it; on Linux it is killed when this
// process dies, however it dies. On Windows it is killed alone, and what it started may outlive it.
//
// The package knows nothing of endpoints, engines or HTTP.
package launcher
