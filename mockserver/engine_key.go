package mockserver

// engineKey is one deployment of a served entity: the config version that brought it tells it from the next one,
// which may load while it still serves.
type engineKey struct {
	meterKey
	version int64
}

func (r *record) engineKey(e served) engineKey {
	return engineKey{meterKey{r.ID, e.Spec.Name}, e.Deployed}
}
