package upstream

import (
	"context"
	"fmt"
	"slices"
)

// embed asks for the vectors of all inputs, in as few requests as the format allows.
func (c *caller) embed(ctx context.Context, cd embedCodec, inputs []string, newCall func([]string) (call, error)) (Embeddings, error) {
	var out Embeddings
	size := cd.batch
	if size == 0 {
		size = max(len(inputs), 1)
	}
	for some := range slices.Chunk(inputs, size) {
		x, err := newCall(some)
		if err != nil {
			return Embeddings{}, err
		}
		want := len(out.Vectors) + len(some)
		err = c.plain(ctx, x, func(body []byte) error {
			if err := cd.decode(body, &out); err != nil {
				return err
			}
			if len(out.Vectors) != want {
				return fmt.Errorf("%d embeddings for %d inputs", len(out.Vectors), want)
			}
			return nil
		})
		if err != nil {
			return Embeddings{}, err
		}
	}
	return out, nil
}
