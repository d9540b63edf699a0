// Package kvcache does the accounting of a paged key and value cache: which
// blocks a sequence owns, which are shared, which still hold a prefix that
// somebody may ask for again. It holds no tensors and must not know of models,
// requests or scheduling.
package kvcache
