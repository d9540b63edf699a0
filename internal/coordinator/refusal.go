package coordinator

import "errors"

// refusal is what an error of a config update means to the batch that it carried.
type refusal int

const (
	refusedAll    refusal = iota // nothing that the batch could do would help
	refusedConfig                // the document is invalid: some edit of the batch is to blame
	refusedForNow                // another update rolls out
	refusedMutely                // no answer came: the write may have been executed
)

func refusalOf(err error) refusal {
	var (
		invalid  interface{ Invalid() bool }
		conflict interface{ Conflict() bool }
		unheard  interface{ Unheard() bool }
	)
	switch {
	case errors.As(err, &invalid) && invalid.Invalid():
		return refusedConfig
	case errors.As(err, &conflict) && conflict.Conflict():
		return refusedForNow
	case errors.As(err, &unheard) && unheard.Unheard():
		return refusedMutely
	default:
		return refusedAll
	}
}
