package egress

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// ParseURL reads a base URL from configuration: http or https, or one of the other schemes; a host, neither
// credentials nor query nor fragment. A host that is an address is checked at once; names are checked when they are
// dialled.
func (p Policy) ParseURL(raw string, others ...string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: not a URL", ErrForbidden) // url.Parse repeats the text, which may hold a key
	}
	switch {
	case !slices.Contains(append(others, "http", "https"), u.Scheme):
		return nil, fmt.Errorf("%w: the scheme must be %s", ErrForbidden, strings.Join(append([]string{"http", "https"}, others...), " or "))
	case u.User != nil:
		return nil, fmt.Errorf("%w: credentials do not belong in a URL", ErrForbidden)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%w: a base URL has neither query nor fragment", ErrForbidden)
	case u.Opaque != "" || u.Hostname() == "":
		return nil, fmt.Errorf("%w: the URL names no host", ErrForbidden)
	}
	if err := p.checkHost(u.Hostname()); err != nil {
		return nil, err
	}
	return u, nil
}

// checkHost refuses addresses that the policy does not allow, and names that some resolvers read as addresses:
// 2852039166, 0xa9fea9fe, 0251.0376.0251.0376 and 169.254.43518 are all 169.254.169.254 to them.
func (p Policy) checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return p.Check(addr)
	}
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	if numeric(last) {
		return fmt.Errorf("%w: %q is an address in a notation that is not canonical", ErrForbidden, host)
	}
	return nil
}

// numeric reports whether a last label would be read as a number; no top-level domain is one.
func numeric(label string) bool {
	digits, set := label, "0123456789"
	if hex, ok := strings.CutPrefix(strings.ToLower(label), "0x"); ok {
		digits, set = hex, "0123456789abcdef"
	}
	return strings.Trim(digits, set) == ""
}
