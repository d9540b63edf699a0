// Package acctest gives tests of the provider a serving API of their own: a mock server on the loopback
// interface, the provider in process, and eyes on the requests between the two.
//
// Tests alone import it. It knows the provider and the mock server, and nothing of single resources.
package acctest
