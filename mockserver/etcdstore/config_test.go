package etcdstore

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	none := map[string]string{}
	for _, c := range []struct {
		address   string
		env       map[string]string
		endpoints []string
		prefix    string
		user      string // user:password
		tls       bool
	}{
		{"etcd://h", none, []string{"h:2379"}, "mockserver", ":", false},
		{"etcd://h:1,[::1]:2,i/a/b/", none, []string{"h:1", "[::1]:2", "i:2379"}, "a/b", ":", false},
		{"etcd://[::1]", none, []string{"[::1]:2379"}, "mockserver", ":", false},
		{"etcds://h", none, []string{"h:2379"}, "mockserver", ":", true},
		{"etcd://u@h", map[string]string{"ETCDCTL_PASSWORD": "p"}, []string{"h:2379"}, "mockserver", "u:p", false},
		{"etcd://h", map[string]string{"ETCDCTL_USER": "u:p"}, []string{"h:2379"}, "mockserver", "u:p", false},
	} {
		got, err := Parse(c.address, func(name string) string { return c.env[name] })
		if err != nil || !slices.Equal(got.Endpoints, c.endpoints) || got.Prefix != c.prefix || got.User+":"+got.Password != c.user || (got.TLS != nil) != c.tls {
			t.Errorf("%s: %+v, %v", c.address, got, err)
		}
	}
	for address, part := range map[string]string{
		"http://h":              "etcd://",
		"etcd://":               "host 1 of the address is empty",
		"etcd://h,":             "host 2 of the address is empty",
		"etcd://h:port":         "host 1 of the address is malformed",
		"etcd://h:70000":        "malformed",
		"etcd://h:1:2":          "malformed",
		"etcd://u:secret/x@h":   "malformed",
		"etcd://u:secret?x@h":   "malformed",
		"etcd://u:secret@h":     "ETCDCTL_PASSWORD",
		"etcd://u@h":            "ETCDCTL_PASSWORD",
		"etcd://h?x=1":          `"x"`,
		"etcd://h/p?cacert=/no": "cacert",
		"etcd://h?cert=/no":     "cert, key",
	} {
		_, err := Parse(address, func(string) string { return "" })
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", address, err, part)
		}
	}
}
