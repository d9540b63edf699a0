package mockserver

func openEngine(string) (backend, error) { return simulated{}, nil }
