// Package fastjson reads and writes JSON on the hot path, in one pass and without reflection.
//
// The Scanner takes documents as nearly every client and server writes them, and gives up on all others: rare
// escapes, text that is not UTF-8, keys in another case. Whoever uses it decodes what it gave up with encoding/json,
// which also words the errors. So the rule is: what the scanner accepts, encoding/json accepts with the same values.
// What the Append functions write are the bytes of encoding/json.
//
// It knows nothing of what documents mean.
package fastjson
