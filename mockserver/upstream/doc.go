// Package upstream answers for served entities from elsewhere: inference engines that speak the OpenAI protocol,
// TorchServe with LLM-API, and the providers of external models, each in its own wire format.
//
// A Backend takes a Request and gives a Stream of pieces, whether the other side streams or not; finish reasons and
// usage come out the same from everybody, and everything that goes wrong is an *Error of one of the kinds in
// errors.go, within the time-outs of the upstream. What the providers' formats are is data: see providers.go.
//
// Destinations come from configuration alone and are checked when they are dialled (package egress). Keys are asked
// for at each call, sent, and forgotten: none is stored, logged or repeated in an error.
//
// The package knows nothing of endpoints, traffic or the server that uses it.
package upstream
