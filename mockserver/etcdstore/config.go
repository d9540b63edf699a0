package etcdstore

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Config says where etcd is and who asks.
type Config struct {
	Endpoints []string // as host:port
	Prefix    string   // of all keys, without slashes around it
	User      string
	Password  string
	TLS       *tls.Config // nil: plain TCP
}

const (
	defaultPrefix = "mockserver"
	defaultPort   = "2379"
)

// Parse reads etcd://[user@]host[:port][,host[:port]...][/prefix][?cacert=FILE&cert=FILE&key=FILE]. The scheme etcds
// is TLS by the authorities of the system, and each of the files makes it TLS too. What the address leaves out comes
// from the environment variables of etcdctl: ETCDCTL_USER as user or user:password, ETCDCTL_PASSWORD, ETCDCTL_CACERT,
// ETCDCTL_CERT and ETCDCTL_KEY. A password in the address is refused: others can read command lines.
func Parse(address string, env func(string) string) (Config, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	if scheme != "etcd" && scheme != "etcds" {
		return Config{}, errors.New("the address must begin with etcd:// or etcds://")
	}
	rest, rawQuery, _ := strings.Cut(rest, "?")
	authority, prefix, _ := strings.Cut(rest, "/")
	c := Config{Prefix: cmp.Or(strings.Trim(prefix, "/"), defaultPrefix)}
	if err := c.setUser(&authority, env); err != nil {
		return Config{}, err
	}
	for i, host := range strings.Split(authority, ",") {
		endpoint, err := withPort(host)
		if err != nil {
			return Config{}, fmt.Errorf("host %d of the address %w", i+1, err)
		}
		c.Endpoints = append(c.Endpoints, endpoint)
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return Config{}, errors.New("the parameters of the address are malformed")
	}
	for name := range query {
		if name != "cacert" && name != "cert" && name != "key" {
			return Config{}, fmt.Errorf("the address has an unknown parameter %q: it may have cacert, cert and key", name)
		}
	}
	return c, c.setTLS(scheme == "etcds", func(name string) string {
		return cmp.Or(query.Get(name), env("ETCDCTL_"+strings.ToUpper(name)))
	})
}

// setUser takes the user off the authority.
func (c *Config) setUser(authority *string, env func(string) string) error {
	if i := strings.LastIndex(*authority, "@"); i >= 0 {
		user, err := url.PathUnescape((*authority)[:i])
		if err != nil || strings.Contains(user, ":") {
			return errors.New("the address must not hold a password: set ETCDCTL_PASSWORD")
		}
		c.User, *authority = user, (*authority)[i+1:]
	}
	user, password, _ := strings.Cut(env("ETCDCTL_USER"), ":")
	c.User = cmp.Or(c.User, user)
	if c.User != "" {
		c.Password = cmp.Or(env("ETCDCTL_PASSWORD"), password)
		if c.Password == "" {
			return fmt.Errorf("user %s needs a password in ETCDCTL_PASSWORD", c.User)
		}
	}
	return nil
}

// withPort is a host with its port. No error repeats it: of an address with a password that has a slash, what looks
// like the port is the password.
func withPort(host string) (string, error) {
	if host == "" {
		return "", errors.New("is empty")
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), defaultPort
	}
	_, err = strconv.ParseUint(port, 10, 16)
	wrong := name == "" || strings.ContainsAny(name, " @[]") || strings.Contains(name, ":") && net.ParseIP(name) == nil
	if err != nil || wrong {
		return "", errors.New("is malformed: it must be a name or an address, and perhaps a port")
	}
	return net.JoinHostPort(name, port), nil
}

func (c *Config) setTLS(wanted bool, file func(name string) string) error {
	ca, cert, key := file("cacert"), file("cert"), file("key")
	if !wanted && ca == "" && cert == "" && key == "" {
		return nil
	}
	c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return fmt.Errorf("cacert: %w", err)
		}
		c.TLS.RootCAs = x509.NewCertPool()
		if !c.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("cacert: %s holds no certificate", ca)
		}
	}
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return fmt.Errorf("cert, key: %w", err)
		}
		c.TLS.Certificates = []tls.Certificate{pair}
	}
	return nil
}
