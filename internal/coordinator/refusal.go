package coordinator

import "errors"

// refusal is what an error of a config update means to the batch that it carried.
type refusal int

const (
	refusedAll    refusal = iota // nothing that the batch could do would help
	refusedConfig                // the document is invalid: some edit of the batch is to blame
	refusedForNow                // another update rolls out, or no answer came: looking again tells
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
	case errors.As(err, &conflict) && conflict.Conflict(), errors.As(err, &unheard) && unheard.Unheard():
		return refusedForNow
	default:
		return refusedAll
	}
}
