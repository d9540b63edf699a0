package mockserver

// ring keeps the newest of what is pushed, as many as its size.
type ring[T any] struct {
	size  int
	items []T
	first int // the oldest one, once it is full
}

func (r *ring[T]) push(v T) {
	if len(r.items) < r.size {
		r.items = append(r.items, v)
		return
	}
	r.items[r.first] = v
	r.first = (r.first + 1) % r.size
}

// all lists what is kept, oldest first.
func (r *ring[T]) all() []T {
	return append(append(make([]T, 0, len(r.items)), r.items[r.first:]...), r.items[:r.first]...)
}
