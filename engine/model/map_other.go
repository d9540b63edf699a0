//go:build !unix

package model

import "errors"

// mapFile is not there on this system: files are read instead.
func mapFile(string) (data []byte, unmap func() error, err error) {
	return nil, nil, errors.ErrUnsupported
}
