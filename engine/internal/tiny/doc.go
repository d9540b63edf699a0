// Package tiny makes small random checkpoints of every supported architecture,
// for tests and for the goldens: real files, repeatable by seed, no meaning.
package tiny
