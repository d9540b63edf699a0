package mockserver

import "slices"

// holdsSecrets reports whether a served entity holds a secret in plaintext.
func (r *record) holdsSecrets() bool {
	for _, v := range []*revision{r.Active, r.Pending} {
		for _, e := range entitiesOf(v) {
			if e.Spec.ExternalModel == nil {
				continue
			}
			for _, b := range e.Spec.ExternalModel.Blocks() {
				for _, s := range b.Secrets {
					if s.Plaintext != nil && *s.Plaintext != "" {
						return true
					}
				}
			}
		}
	}
	return false
}

// withoutSecrets is a copy that holds no secret in plaintext.
func (r *record) withoutSecrets() *record {
	out := *r
	out.Active, out.Pending = r.Active.withoutSecrets(), r.Pending.withoutSecrets()
	return &out
}

func (r *revision) withoutSecrets() *revision {
	if r == nil {
		return nil
	}
	out := *r
	out.Entities = slices.Clone(r.Entities)
	for i, e := range out.Entities {
		out.Entities[i].Spec.ExternalModel = e.Spec.ExternalModel.Redacted()
	}
	return &out
}
