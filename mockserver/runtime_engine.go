package mockserver

func openEngine() (backend, error) { return simulated{}, nil }
