// Package scrape reads the text format that inference engines publish metrics in: enough of it to add up counters
// and gauges and to take means and quantiles of histograms.
//
// It knows nothing of HTTP, nor of what any engine calls its metrics.
package scrape
