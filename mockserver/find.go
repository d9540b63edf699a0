package mockserver

// find returns an endpoint to invoke, as the server knows it. One that it cannot invoke may be known better to the
// servers that share the store: only then is the store asked, and if it does not answer, what is known counts.
func (s *Server) find(x *exchange, name string) (*record, error) {
	r, err := x.tenant.get(name, s.opts.Progression, x.now)
	if err == nil && r.Active != nil && !r.Stopped && r.level(x.caller) >= mayQuery {
		return r, nil
	}
	if s.ledger.refresh(x.ctx, x.tenant, &s.world) != nil {
		return r, err
	}
	x.now = s.now()
	return x.tenant.get(name, s.opts.Progression, x.now)
}
