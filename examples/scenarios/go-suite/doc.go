// Package suite shows how the acceptance tests of another provider, operator or client use the mock server: in
// process, with a workspace of their own for each test, faults that really happen once, and a record of what was
// asked. Nothing leaves 127.0.0.1, and no test waits for a clock.
package suite
