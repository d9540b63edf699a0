// Package endpointconfig edits the config of one endpoint and proves the result valid. It is pure: no I/O, no
// clock, no Terraform.
//
// A Draft starts from what an endpoint serves, mutations edit it, and Compile turns it into the one document
// that the API takes. Traffic is the hard part: the API wants integer percentages that sum to 100, while each
// route resource knows only its own. So a route is a claim, and Compile shares out what is not claimed.
package endpointconfig
